"""Characters by Go's rules: case mappings that keep the number of characters, blanks, what is printable.

Python's own methods map some characters to several, such as a sharp s to ``SS``, and take the separators
U+001C to U+001F for blanks.
"""

from __future__ import annotations

from collections.abc import Callable

SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
_REPLACEMENT = "\ufffd"
_DOTTED_I = "\u0130"
# Python splits at these separators and Go does not; their replacements never occur in text.
_SHELTER = {code: 0xFDD0 + code for code in range(0x1C, 0x20)}
_RETURN = {there: here for here, there in _SHELTER.items()}


def _simple(character: str, mapped: str) -> str:
    if 0xD800 <= ord(character) <= 0xDFFF:
        return _REPLACEMENT
    return mapped if len(mapped) == 1 else character


def _lower(character: str) -> str:
    return "i" if character == _DOTTED_I else _simple(character, character.lower())


def _upper(character: str) -> str:
    return _simple(character, character.upper())


def _title(character: str) -> str:
    return _simple(character, character.title())


def lower(text: str) -> str:
    """Return a string in lower case."""
    return text.lower() if text.isascii() else "".join(map(_lower, text))


def upper(text: str) -> str:
    """Return a string in upper case."""
    return text.upper() if text.isascii() else "".join(map(_upper, text))


def capitalize(text: str) -> str:
    """Return a string with its first character in title case and the others in lower case."""
    return (_title(text[0]) if text else "") + lower(text[1:])


def title(text: str) -> str:
    """Return a string with title case wherever a letter with case does not follow another one."""
    if text.isascii():
        return text.title()
    result: list[str] = []
    after_cased = False
    for character in text:
        mapped = _lower(character) if after_cased else _title(character)
        after_cased = is_cased(mapped)
        result.append(mapped)
    return "".join(result)


def is_cased(character: str) -> bool:
    """Whether a character has a counterpart in another case."""
    return _lower(character) != character or _upper(character) != character


def is_lower(text: str) -> bool:
    """Whether a string has characters with case, all in lower case."""
    return any(map(is_cased, text)) and text == lower(text)


def is_upper(text: str) -> bool:
    """Whether a string has characters with case, all in upper case."""
    return any(map(is_cased, text)) and text == upper(text)


def is_title(text: str) -> bool:
    """Whether upper case follows characters without case only, and lower case those with case only."""
    cased = after_cased = False
    for character in text:
        if character.islower():
            if not after_cased:
                return False
        elif not (character.istitle() and (character.isascii() or not character.isupper())):
            if character.isupper():
                return False
            after_cased = False
            continue
        elif after_cased:
            return False
        cased = after_cased = True
    return cased


def is_digits(text: str) -> bool:
    """Whether a string consists of decimal digits."""
    return text.isdecimal()


def is_alphanumeric(text: str) -> bool:
    """Whether a string consists of letters and decimal digits."""
    return bool(text) and all(character.isalpha() or character.isdecimal() for character in text)


def is_blank(text: str) -> bool:
    """Whether a string consists of blanks."""
    return bool(text) and not text.strip(SPACES)


def split_at_blanks(split: Callable[[str, None, int], list[str]], text: str, limit: int) -> list[str]:
    """Split a string at blanks with ``str.split`` or ``str.rsplit``."""
    parts = split(text.translate(_SHELTER), None, limit)
    return [part.translate(_RETURN) for part in parts]


def escape(character: str) -> str:
    """Return a character in Go's notation for strings, escaped where it is not printable."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable():
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
