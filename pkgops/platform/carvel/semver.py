"""Semantic versions and the ranges of kapp-controller: ``>0.0.0``, ``1.2.3``, ``>=1.0.0 <2.0.0 || 3.x``.

Grammar and error messages are those of the Go library blang/semver, of which kapp-controller has a fork:
a range is split into terms before its versions are parsed, so that some texts have an unexpected meaning.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

_DIGITS = frozenset("0123456789")
_ALPHANUMERIC = _DIGITS | frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-")
_GREATEST = 2**64 - 1
_MAJOR_ONLY, _WITH_MINOR = 2, 3
"""How many parts a version with a wildcard has: ``1.x``, ``1.2.x``."""
Identifier = tuple[int, int, str]
Matches = Callable[["Version"], bool]


@dataclass(frozen=True, slots=True)
class Version:
    """One semantic version; compare with :attr:`order`."""

    text: str
    core: tuple[int, int, int]
    prerelease: tuple[str, ...] = ()
    build: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[tuple[int, int, int], int, tuple[Identifier, ...], tuple[Identifier, ...]]:
        """The sort key: releases after their prereleases; build metadata is compared, as in Carvel's fork."""
        identifiers = tuple(_identifier(part) for part in self.prerelease)
        return (
            self.core,
            0 if self.prerelease else 1,
            identifiers,
            tuple(_identifier(part) for part in self.build),
        )


def _identifier(part: str) -> Identifier:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def parse(text: str) -> Version:
    """Return a strict semantic version.

    Raises:
        ValueError: it is not one; the text is the library's message.
    """
    if not text:
        raise ValueError("Version string empty")
    parts = text.split(".", 2)
    if len(parts) != 3:
        raise ValueError("No Major.Minor.Patch elements found")
    major, minor = _number(parts[0], "major"), _number(parts[1], "minor")
    rest, _, build = parts[2].partition("+")
    number, _, prerelease = rest.partition("-")
    core = (major, minor, _number(number, "patch"))
    builds = tuple(build.split(".")) if "+" in parts[2] else ()
    prereleases = tuple(prerelease.split(".")) if "-" in rest else ()
    for part in prereleases:
        _check(part, "PreRelease")
        if _DIGITS.issuperset(part) and _leads_with_zero(part):
            raise ValueError(f"Numeric PreRelease version must not contain leading zeroes {_quoted(part)}")
    for part in builds:
        _check(part, "BuildMeta")
    return Version(text, core, prereleases, builds)


def _number(text: str, place: str) -> int:
    if not _DIGITS.issuperset(text):
        raise ValueError(f"Invalid character(s) found in {place} number {_quoted(text)}")
    if _leads_with_zero(text):
        raise ValueError(f"{place.capitalize()} number must not contain leading zeroes {_quoted(text)}")
    return _unsigned(text)


def _unsigned(text: str) -> int:
    if not text:
        raise ValueError('strconv.ParseUint: parsing "": invalid syntax')
    if int(text) > _GREATEST:
        raise ValueError(f"strconv.ParseUint: parsing {_quoted(text)}: value out of range")
    return int(text)


def _check(part: str, place: str) -> None:
    if not part:
        raise ValueError(f"{place} is empty")
    if not _ALPHANUMERIC.issuperset(part):
        raise ValueError(f"Invalid character(s) found in {place} {_quoted(part)}")
    if _DIGITS.issuperset(part):
        _unsigned(part)


def _leads_with_zero(text: str) -> bool:
    return len(text) > 1 and text[0] == "0"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def parse_relaxed(text: str) -> Version | None:
    """Return a version, also with a leading ``v``; None if the text is not one."""
    try:
        version = parse(text.removeprefix("v"))
    except ValueError:
        return None
    return Version(text, version.core, version.prerelease, version.build)


def parse_range(text: str) -> Matches:
    """Return the predicate of a range: adjacent terms are combined with AND, ``||`` is OR.

    Raises:
        ValueError: it is not a range; the text is the library's message.
    """
    choices = [[term for part in choice for term in _expanded(part)] for choice in _choices(_pieces(text))]
    terms = [[_term(one) for one in choice] for choice in choices]
    return lambda version: any(all(term(version) for term in choice) for choice in terms)


def _pieces(text: str) -> list[str]:
    """Return the terms of a range without spaces after operators; a term of one character is dropped."""
    pieces, last, before = [], 0, ""
    for at, char in enumerate(text):
        if char == " " and before not in (">", "<", "="):
            if last < at - 1:
                pieces.append(text[last:at])
            last = at + 1
        elif char != " ":
            before = char
    if last < len(text) - 1:
        pieces.append(text[last:])
    return [piece.replace(" ", "") for piece in pieces]


def _choices(pieces: list[str]) -> list[list[str]]:
    choices: list[list[str]] = [[]]
    for at, piece in enumerate(pieces):
        if piece != "||":
            choices[-1].append(piece)
            continue
        if at == 0:
            raise ValueError("First element in range is '||'")
        choices.append([])
    if not choices[-1]:
        raise ValueError("Last element in range is '||'")
    if not all(choices):
        # The library accepts this and fails when the range is evaluated.
        raise ValueError("Element in range is '||'")
    return choices


def _expanded(term: str) -> list[str]:
    """Return the terms without wildcards that are equivalent to a term."""
    if "x" not in term:
        return [term]
    operator, version = _split(term)
    flat = _flat(version)
    if operator in (">=", "<"):
        return [operator + flat]
    after = _after(flat, len(version.split(".")) if version.endswith(".x") else 0)
    if operator in (">", "<="):
        return [(">=" if operator == ">" else "<") + after]
    if operator in ("", "=", "=="):
        return [f">={flat}", f"<{after}"]
    if operator in ("!", "!="):
        # Both must be met, which no version does, as in the library.
        return [f"<{flat}", f">={after}"]
    # Any other operator is ignored: ``~1.x`` is 1.0.0.
    return [flat]


def _flat(version: str) -> str:
    flat = version.replace(".x.x", ".x", 1).replace(".x", ".0", 1)
    return f"{flat}.0" if len(flat.split(".")) == _MAJOR_ONLY else flat


def _after(flat: str, parts: int) -> str:
    """Return the lowest version above those of a wildcard; empty for other forms."""
    numbers = flat.split(".")
    place = {_MAJOR_ONLY: 0, _WITH_MINOR: 1}.get(parts)
    if place is None or not numbers[place].isdecimal():
        return ""
    numbers[place] = str(int(numbers[place]) + 1)
    return ".".join(numbers)


def _split(term: str) -> tuple[str, str]:
    at = next((at for at, char in enumerate(term) if char.isdecimal()), None)
    if at is None:
        raise ValueError(f"Could not get version from string: {_quoted(term)}")
    return term[:at].strip(), term[at:]


def _term(term: str) -> Matches:
    operator, written = _split(term)
    matches = _OPERATORS.get(operator)
    whole = operator + written
    prefix = f"Could not parse Range {_quoted(term)}: Could not parse"
    if matches is None:
        raise ValueError(f"{prefix} comparator {_quoted(operator)} in {_quoted(whole)}")
    try:
        limit = parse(written).order
    except ValueError as error:
        raise ValueError(f"{prefix} version {_quoted(written)} in {_quoted(whole)}: {error}") from error
    return lambda version: matches(version.order, limit)


_OPERATORS: dict[str, Callable[[object, object], bool]] = {
    "": lambda one, two: one == two,
    "=": lambda one, two: one == two,
    "==": lambda one, two: one == two,
    "!": lambda one, two: one != two,
    "!=": lambda one, two: one != two,
    ">": lambda one, two: one > two,  # type: ignore[operator]
    ">=": lambda one, two: one >= two,  # type: ignore[operator]
    "<": lambda one, two: one < two,  # type: ignore[operator]
    "<=": lambda one, two: one <= two,  # type: ignore[operator]
}
