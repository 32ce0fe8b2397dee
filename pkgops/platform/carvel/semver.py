"""Semantic versions and the ranges of kapp-controller: ``>0.0.0``, ``1.2.3``, ``>=1.0.0 <2.0.0 || 3.x``.

The grammar is that of the Go library blang/semver, which kapp-controller's own fork keeps.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_VERSION = re.compile(
    r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?$"
)
_TERM = re.compile(r"^(>=|<=|>|<|==|=|!=|!)?v?(.+)$")
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
    def order(self) -> tuple[tuple[int, int, int], int, tuple[Identifier, ...], tuple[str, ...]]:
        """The sort key: releases after their prereleases; builds count, as in Carvel's fork."""
        identifiers = tuple(_identifier(part) for part in self.prerelease)
        return self.core, 0 if self.prerelease else 1, identifiers, self.build


def _identifier(part: str) -> Identifier:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def parse(text: str) -> Version:
    """Return a strict semantic version.

    Raises:
        ValueError: it is not one.
    """
    match = _VERSION.match(text)
    if match is None:
        raise ValueError(_problem(text))
    core = (int(match[1]), int(match[2]), int(match[3]))
    prerelease = tuple(match[4].split(".")) if match[4] else ()
    return Version(text, core, prerelease, tuple(match[5].split(".")) if match[5] else ())


def parse_relaxed(text: str) -> Version | None:
    """Return a version, also with a leading ``v``; None if it is none."""
    try:
        found = parse(text.removeprefix("v"))
    except ValueError:
        return None
    return Version(text, found.core, found.prerelease, found.build)


def _problem(text: str) -> str:
    if not text:
        return "Version string empty"
    if len(text.split(".", 2)) < 3:
        return "No Major.Minor.Patch elements found"
    return f"Invalid character(s) found in version {text!r}"


def parse_range(text: str) -> Matches:
    """Return the predicate of a range: terms beside each other must all hold, ``||`` separates choices.

    Raises:
        ValueError: not a range.
    """
    joined = re.sub(r"(>=|<=|>|<|==|=|!=|!)\s+", r"\1", text.strip())
    choices = [[_term(term) for term in part.split()] for part in joined.split("||")]
    if not all(choices):
        raise ValueError(f'Could not get version from string: "{text}"')
    return lambda version: any(all(term(version) for term in terms) for terms in choices)


def _term(text: str) -> Matches:
    match = _TERM.match(text)
    if match is None:
        raise ValueError(f'Could not get version from string: "{text}"')
    operator, written = match[1] or "=", match[2]
    if re.search(r"(^|\.)[xX*](\.|$)", written):
        return _wildcard(operator, written)
    try:
        wanted = parse(written).order
    except ValueError as error:
        raise ValueError(f'Could not parse version "{written}" in "{text}": {error}') from error
    return lambda version: _OPERATORS[operator](version.order, wanted)


def _wildcard(operator: str, written: str) -> Matches:
    parts = [part for part in written.split(".") if part not in ("x", "X", "*")]
    if not all(part.isdigit() for part in parts):
        raise ValueError(f'Could not parse version "{written}"')
    numbers = [int(part) for part in parts]
    low = (*numbers, 0, 0, 0)[:3]
    high = (*numbers[:-1], numbers[-1] + 1, 0, 0, 0)[:3] if numbers else None

    def inside(version: Version) -> bool:
        return version.core >= low and (high is None or version.core < high)

    checks: dict[str, Matches] = {
        "=": inside,
        "==": inside,
        "!": lambda version: not inside(version),
        "!=": lambda version: not inside(version),
        ">=": lambda version: version.core >= low,
        "<": lambda version: version.core < low,
        ">": lambda version: high is not None and version.core >= high,
        "<=": lambda version: high is None or version.core < high,
    }
    return checks[operator]


_OPERATORS: dict[str, Callable[[object, object], bool]] = {
    "=": lambda one, two: one == two,
    "==": lambda one, two: one == two,
    "!": lambda one, two: one != two,
    "!=": lambda one, two: one != two,
    ">": lambda one, two: one > two,  # type: ignore[operator]
    ">=": lambda one, two: one >= two,  # type: ignore[operator]
    "<": lambda one, two: one < two,  # type: ignore[operator]
    "<=": lambda one, two: one <= two,  # type: ignore[operator]
}
