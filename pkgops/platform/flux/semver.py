"""Semantic versions and ranges as in Flux (the rules of Masterminds/semver, version 3.5)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import total_ordering

_MOST = (1 << 64) - 1
_LOOSE = re.compile(
    r"v?(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:\.([0-9]+))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_PART = r"[0-9|xX*]+"
_VERSION = (
    rf"v?({_PART})(?:\.({_PART}))?(?:\.({_PART}))?"
    r"(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+[0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*)?"
)
_UNGROUPED = re.sub(r"\((?!\?)", "(?:", _VERSION)
_SPACE = r"[\t\n\f\r ]"
_OPERATOR = r"=>|=<|=|!=|>=|>|<=|<|~>|~|\^|"
_ONE = re.compile(rf"({_OPERATOR}){_SPACE}*{_VERSION}")
_GROUP = re.compile(
    rf"{_SPACE}*(?:{_OPERATOR}){_SPACE}*{_UNGROUPED}{_SPACE}*"
    rf"(?:(?:{_SPACE}+|,{_SPACE}*)(?:{_OPERATOR}){_SPACE}*{_UNGROUPED}{_SPACE}*)*"
)
_HYPHEN = re.compile(rf"{_SPACE}*({_UNGROUPED}){_SPACE}+-{_SPACE}+({_UNGROUPED}){_SPACE}*")
_ALIASES = {"=<": "<=", "=>": ">=", "~>": "~", "": "="}


@total_ordering
@dataclass(frozen=True)
class Version:
    """A version without build metadata, which equality and order ignore."""

    major: int
    minor: int
    patch: int
    prerelease: tuple[str, ...] = ()

    def __lt__(self, other: Version) -> bool:
        return self._key() < other._key()

    def _key(self) -> tuple[object, ...]:
        identifiers = tuple(
            (0, int(part), "") if part.isdigit() else (1, 0, part) for part in self.prerelease
        )
        # A release comes after all of its prereleases.
        return (self.major, self.minor, self.patch, not self.prerelease, identifiers)


def parse_version(text: str, *, complete: bool = True) -> Version | None:
    """Return a version, None if the text is not one; ``complete`` requires three dot-separated parts."""
    match = _LOOSE.fullmatch(text)
    if match is None or (complete and match[3] is None):
        return None
    numbers = [match[1], match[2] or "0", match[3] or "0"]
    prerelease = tuple(match[4].split(".")) if match[4] else ()
    if _padded([*numbers, *prerelease]):
        return None
    major, minor, patch = (int(number) for number in numbers)
    return None if max(major, minor, patch) > _MOST else Version(major, minor, patch, prerelease)


def _padded(parts: Iterable[str]) -> bool:
    """Return whether one of the parts is a number with a leading zero."""
    return any(part.isdigit() and len(part) > 1 and part.startswith("0") for part in parts)


@dataclass(frozen=True)
class Constraint:
    """One constraint: an operator and a version, of which ``parts`` numbers are given."""

    operator: str
    floor: Version
    parts: int

    def allows(self, version: Version) -> bool:
        """Return whether a version meets the constraint; :meth:`Range.allows` checks prereleases."""
        return _OPERATORS[self.operator](version, self.floor, self.parts)


@dataclass(frozen=True)
class Range:
    """A range: alternatives (``||``) of constraints that must all be met (commas or spaces)."""

    alternatives: tuple[tuple[Constraint, ...], ...]

    def allows(self, version: Version) -> bool:
        """Return whether a version is in the range.

        Prereleases are in an alternative only if one of its constraints has a prerelease.
        """
        return any(
            all(constraint.allows(version) for constraint in group)
            for group in self.alternatives
            if not version.prerelease or any(constraint.floor.prerelease for constraint in group)
        )


def parse_range(text: str) -> Range:
    """Return a range such as ``>=1.2.0 <2``, ``^1.x``, ``~1.2``, ``1.2 - 1.4`` or ``*``.

    Raises:
        ValueError: it is not a range; the text is the library's message.
    """
    rewritten = _HYPHEN.sub(lambda match: f">= {match[1]}, <= {match[2]} ", text)
    return Range(tuple(_group(part) for part in rewritten.split("||")))


def _group(text: str) -> tuple[Constraint, ...]:
    if _GROUP.fullmatch(text) is None:
        raise ValueError(f"improper constraint: {_quoted(text)}")
    return tuple(_constraint(match) for match in _ONE.finditer(text))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + '"'


def _constraint(match: re.Match[str]) -> Constraint:
    known: list[str] = []
    for part in (match[2], match[3], match[4]):
        if part is None or part in ("x", "X", "*"):
            break
        known.append(part)
    prerelease = tuple(match[5].split(".")) if match[5] else ()
    # Numbers of a range may begin with zeros, those of its prerelease may not.
    if not all(part.isdigit() and int(part) <= _MOST for part in known) or _padded(prerelease):
        raise ValueError("constraint parser error")
    major, minor, patch = [*(int(part) for part in known), 0, 0, 0][:3]
    floor = Version(major, minor, patch, prerelease)
    return Constraint(_ALIASES.get(match[1], match[1]), floor, len(known))


def _equal(version: Version, floor: Version, parts: int) -> bool:
    return version == floor if parts == 3 else _tilde(version, floor, parts)


def _unequal(version: Version, floor: Version, parts: int) -> bool:
    if parts == 3:
        return version != floor
    if version.major != floor.major:
        return True
    if parts == 1:
        return False
    if version.minor != floor.minor:
        return True
    if parts == 2:
        return version.prerelease != floor.prerelease
    # A wildcard for the whole version is compared as 0.0.0.
    return version != floor


def _greater(version: Version, floor: Version, parts: int) -> bool:
    if parts in (0, 3):
        return version > floor
    if version.major != floor.major:
        return version.major > floor.major
    return parts == 2 and version.minor > floor.minor


def _at_least(version: Version, floor: Version, parts: int) -> bool:  # noqa: ARG001 (as the others)
    return version >= floor


def _less(version: Version, floor: Version, parts: int) -> bool:  # noqa: ARG001 (as the others)
    return version < floor


def _at_most(version: Version, floor: Version, parts: int) -> bool:
    if parts == 3:
        return version <= floor
    if version.major != floor.major:
        return version.major < floor.major
    return parts == 1 or version.minor <= floor.minor


def _tilde(version: Version, floor: Version, parts: int) -> bool:
    if version < floor:
        return False
    if parts in (0, 3) and not (floor.major or floor.minor or floor.patch):
        return True
    return version.major == floor.major and (parts == 1 or version.minor == floor.minor)


def _caret(version: Version, floor: Version, parts: int) -> bool:
    if version < floor:
        return False
    if floor.major or parts == 1:
        return version.major == floor.major
    if version.major:
        return False
    if floor.minor or parts == 2:
        return version.minor == floor.minor
    return not version.minor and version.patch == floor.patch


_OPERATORS: dict[str, Callable[[Version, Version, int], bool]] = {
    "=": _equal,
    "!=": _unequal,
    ">": _greater,
    ">=": _at_least,
    "<": _less,
    "<=": _at_most,
    "~": _tilde,
    "^": _caret,
}


def latest(candidates: list[str], range_text: str) -> str | None:
    """Return the text of the highest version in a range, None if there is none.

    Raises:
        ValueError: not a range.
    """
    version_range = parse_range(range_text)
    best: tuple[Version, str] | None = None
    for text in candidates:
        version = parse_version(text)
        if version is not None and version_range.allows(version) and (best is None or version > best[0]):
            best = (version, text)
    return best[1] if best else None
