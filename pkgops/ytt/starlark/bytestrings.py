"""Strings as the bytes that they are in starlark-go; bytes that are not UTF-8 are lone surrogates here."""

from __future__ import annotations

MAX_CODE_POINT = 0x10FFFF
_REPLACEMENT = 0xFFFD


def encoded(text: str) -> bytes:
    """Return the bytes of a string."""
    return text.encode("utf-8", "surrogateescape")


def decoded(data: bytes) -> str:
    """Return the string that some bytes are; bytes that are not UTF-8 become surrogates."""
    return data.decode("utf-8", "surrogateescape")


def canonical(text: str) -> str:
    """Return a string in which neighbouring surrogates that are UTF-8 together have become characters.

    Required where strings are concatenated, so that the parts of a character join.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return decoded(encoded(text))
    return text


def code_points(text: str) -> list[int]:
    """Return the code points of a string; U+FFFD for a byte that is not UTF-8."""
    return [_valid(ord(character)) for character in text]


def _valid(code: int) -> int:
    return _REPLACEMENT if 0xD800 <= code <= 0xDFFF else code


def character(code: int) -> str:
    """Return the character with a code point, the replacement character for half a pair of UTF-16."""
    return chr(_valid(code))


def byte_length(text: str) -> int:
    """Return the number of bytes of a string."""
    return len(text) if text.isascii() else len(encoded(text))
