"""Semantic versions and ranges as Flux reads them (the rules of Masterminds/semver, version 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import total_ordering

_VERSION = re.compile(
    r"v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_CONSTRAINT = re.compile(
    r"\s*(=<|=>|!=|>=|<=|~>|=|>|<|~|\^|)\s*"
    r"v?([0-9xX*]+)(?:\.([0-9xX*]+))?(?:\.([0-9xX*]+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?\s*"
)
_HYPHEN = re.compile(r"\s*(v?[0-9xX*][^\s,|]*)\s+-\s+(v?[0-9xX*][^\s,|]*)\s*")
_ALIASES = {"=<": "<=", "=>": ">=", "~>": "~", "": "="}


@total_ordering
@dataclass(frozen=True)
class Version:
    """A version; equality and order leave build metadata and the way it was written out of account."""

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
    """Return a version, None where it is none; ``complete`` asks for three dot-separated parts."""
    found = _VERSION.fullmatch(text)
    if found is None or (complete and found[3] is None):
        return None
    prerelease = tuple(found[4].split(".")) if found[4] else ()
    if any(part.isdigit() and len(part) > 1 and part.startswith("0") for part in prerelease):
        return None
    return Version(int(found[1]), int(found[2] or 0), int(found[3] or 0), prerelease)


Check = Callable[[Version], bool]


@dataclass(frozen=True)
class Range:
    """A range: alternatives (``||``) of constraints that must all hold (commas or spaces)."""

    alternatives: tuple[tuple[Check, ...], ...]

    def allows(self, version: Version) -> bool:
        """Tell whether a version is in the range."""
        return any(all(check(version) for check in checks) for checks in self.alternatives)


def parse_range(text: str) -> Range:
    """Parse a range such as ``>=1.2.0 <2``, ``^1.x``, ``~1.2``, ``1.2 - 1.4`` or ``*``.

    Raises:
        ValueError: not a range.
    """
    return Range(tuple(_alternative(part, text) for part in text.split("||")))


def _alternative(part: str, text: str) -> tuple[Check, ...]:
    part = _HYPHEN.sub(lambda match: f" >={match[1]}, <={match[2]} ", part)
    checks: list[Check] = []
    rest = part.strip()
    if not rest:
        raise ValueError(f"improper constraint: {text}")
    while rest:
        found = _CONSTRAINT.match(rest)
        if found is None or found.end() == 0:
            raise ValueError(f"improper constraint: {text}")
        checks.append(_check(found))
        rest = rest[found.end() :].lstrip(", ")
    return tuple(checks)


def _check(found: re.Match[str]) -> Check:
    operator = _ALIASES.get(found[1], found[1])
    parts = [found[2], found[3], found[4]]
    known = [int(part) for part in _known(parts)]
    prerelease = tuple(found[5].split(".")) if found[5] else ()
    major, minor, patch = [*known, 0, 0, 0][:3]
    floor = Version(major, minor, patch, prerelease)
    base = _OPERATORS[operator](floor, len(known))

    def check(version: Version) -> bool:
        # A range without a prerelease does not match prereleases.
        if version.prerelease and not prerelease:
            return False
        return base(version)

    return check


def _known(parts: list[str | None]) -> list[str]:
    """Return the numbers before the first part that is missing or a wildcard."""
    known: list[str] = []
    for part in parts:
        if part is None or not part.isdigit():
            break
        known.append(part)
    return known


def _ceiling(floor: Version, parts: int) -> Version:
    """Return the first version beyond all that begin like ``floor`` does in its first ``parts`` numbers."""
    if parts == 1:
        return Version(floor.major + 1, 0, 0)
    if parts == 2:
        return Version(floor.major, floor.minor + 1, 0)
    return Version(floor.major, floor.minor, floor.patch + 1)


def _equal(floor: Version, parts: int) -> Check:
    if parts == 3:
        return lambda version: version == floor
    return _tilde(floor, parts)


def _unequal(floor: Version, parts: int) -> Check:
    equal = _equal(floor, parts)
    return lambda version: not equal(version)


def _greater(floor: Version, parts: int) -> Check:
    if parts == 3:
        return lambda version: version > floor
    if parts == 0:
        return lambda _: False
    return lambda version: version >= _ceiling(floor, parts)


def _at_least(floor: Version, parts: int) -> Check:  # noqa: ARG001 (the operators' signature)
    return lambda version: version >= floor


def _less(floor: Version, parts: int) -> Check:  # noqa: ARG001 (the operators' signature)
    return lambda version: version < floor


def _at_most(floor: Version, parts: int) -> Check:
    if parts == 3:
        return lambda version: version <= floor
    if parts == 0:
        return lambda _: True
    return lambda version: version < _ceiling(floor, parts)


def _tilde(floor: Version, parts: int) -> Check:
    if parts == 0:
        return lambda _: True
    ceiling = _ceiling(floor, min(parts, 2))
    return lambda version: floor <= version < ceiling


def _caret(floor: Version, parts: int) -> Check:
    if parts == 0:
        return lambda _: True
    if floor.major or parts == 1:
        ceiling = Version(floor.major + 1, 0, 0)
    elif floor.minor or parts == 2:
        ceiling = Version(0, floor.minor + 1, 0)
    else:
        ceiling = Version(0, 0, floor.patch + 1)
    return lambda version: floor <= version < ceiling


_OPERATORS: dict[str, Callable[[Version, int], Check]] = {
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
    wanted = parse_range(range_text)
    best: tuple[Version, str] | None = None
    for text in candidates:
        version = parse_version(text)
        if version is not None and wanted.allows(version) and (best is None or version > best[0]):
            best = (version, text)
    return best[1] if best else None
