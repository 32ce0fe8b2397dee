"""Which buildpack an order means: by id out of all that is there, or by the name of an object that has it.

Source: kpack's ``pkg/cnb/buildpack_resolver.go``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pkgops.platform.kpack.parts import BadPart, StoredBuildpack

Groups = tuple[tuple[tuple[StoredBuildpack, bool], ...], ...]
_SEMVER = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")
# What kpack says of a missing one depends on whether an id is asked for too.
_WORDS = {"Buildpack": "buildpack", "ClusterBuildpack": "cluster buildpack"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A buildpack as a status has it.

    Attributes:
        id: of the buildpack.
        version: of the buildpack.
        order: the buildpacks that it is put together from.
        read: reads it from its image.
    """

    id: str
    version: str
    order: Sequence[Mapping[str, Any]]
    read: Callable[[], StoredBuildpack]


@dataclass(frozen=True, slots=True)
class Available:
    """All buildpacks that a builder may use.

    Attributes:
        named: those of each Buildpack and ClusterBuildpack, by its kind and name.
        store: those of the ClusterStore.
    """

    named: Mapping[tuple[str, str], Sequence[Listed]] = field(default_factory=dict)
    store: Sequence[Listed] = ()

    def resolve(self, entry: Mapping[str, Any]) -> StoredBuildpack:
        """Return the buildpack that an entry of an order means; without a version the newest.

        Raises:
            BadPart: there is none, or more than one (kpack's message).
        """
        wanted, version = str(entry.get("id") or ""), str(entry.get("version") or "")
        candidates = self._candidates(entry, wanted)
        if not candidates:
            raise BadPart(f"could not find buildpack with id '{wanted}'")
        if not version:
            return max(candidates, key=_rank).read()
        for one in candidates:
            if one.version == version:
                return one.read()
        raise BadPart(f"could not find buildpack with id '{wanted}' and version '{version}'")

    def _candidates(self, entry: Mapping[str, Any], wanted: str) -> list[Listed]:
        kind, name = str(entry.get("kind") or ""), str(entry.get("name") or "")
        if not kind:
            every = [*(one for some in self.named.values() for one in some), *self.store]
            return [one for one in every if one.id == wanted]
        if kind not in _WORDS:
            raise BadPart(f"kind must be either {' or '.join(_WORDS)}")
        of_object = self.named.get((kind, name))
        if of_object is None:
            words = _WORDS[kind]
            raise BadPart(f"{words} not found: {name}" if wanted else f"no {words} with name '{name}'")
        if wanted:
            return [one for one in of_object if one.id == wanted]
        roots = _roots(of_object)
        if len(roots) != 1:
            raise BadPart(f"unexpected number of root buildpacks: {len(roots)}")
        return roots


def choose(order: Iterable[Mapping[str, Any]], available: Available) -> Groups:
    """Find the buildpacks that an order names, each with whether it is optional.

    Raises:
        BadPart: one cannot be found.
    """
    return tuple(
        tuple((available.resolve(entry), bool(entry.get("optional"))) for entry in group.get("group") or [])
        for group in order
    )


def nested(
    groups: Iterable[Iterable[tuple[StoredBuildpack, bool]]], available: Available
) -> tuple[StoredBuildpack, ...]:
    """Return the buildpacks that others name in an order of their own, down to those that name none.

    Raises:
        BadPart: one cannot be found.
    """
    by_version: dict[tuple[str, str], StoredBuildpack] = {}
    waiting = [one for group in groups for one, _ in group]
    while waiting:
        named = choose(waiting.pop().facts.get("order") or [], available)
        for one in (one for group in named for one, _ in group):
            if (one.id, one.version) not in by_version:
                by_version[one.id, one.version] = one
                waiting.append(one)
    return tuple(by_version.values())


def _roots(listed: Sequence[Listed]) -> list[Listed]:
    orders = [group for one in listed for group in one.order]
    parts = {entry.get("id") for group in orders for entry in group.get("group") or []}
    return [one for one in listed if one.id not in parts]


def _rank(one: Listed) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    match = _SEMVER.fullmatch(one.version)
    if match is None:
        text = f"cannot find buildpack '{one.id}' with latest version due to invalid semver '{one.version}'"
        raise BadPart(text)
    numbers, before = tuple(int(part or 0) for part in match.groups()[:3]), match[4] or ""
    # A number of a pre-release comes before a word.
    parts = tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in before.split(".")
    )
    return numbers, not before, parts
