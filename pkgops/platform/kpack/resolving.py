"""Resolve the entries of an order to buildpacks: by id, or by kind and name of an object.

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
# kpack's message for a missing object depends on whether the entry has an id too.
_KIND_TEXTS = {"Buildpack": "buildpack", "ClusterBuildpack": "cluster buildpack"}


@dataclass(frozen=True, slots=True)
class ListedBuildpack:
    """A buildpack in the status of an object.

    Attributes:
        id: the id of the buildpack.
        version: its version.
        order: the buildpacks of which it consists.
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
        named: the buildpacks of each Buildpack and ClusterBuildpack, by its kind and name.
        store: the buildpacks of the ClusterStore.
    """

    named: Mapping[tuple[str, str], Sequence[ListedBuildpack]] = field(default_factory=dict)
    store: Sequence[ListedBuildpack] = ()

    def resolve(self, entry: Mapping[str, Any]) -> StoredBuildpack:
        """Return the buildpack of an entry of an order; without a version the newest.

        Raises:
            BadPart: there is none, or more than one; the text is kpack's message.
        """
        id_, version = str(entry.get("id") or ""), str(entry.get("version") or "")
        candidates = self._candidates(entry, id_)
        if not candidates:
            raise BadPart(f"could not find buildpack with id '{id_}'")
        if not version:
            return max(candidates, key=_rank).read()
        for candidate in candidates:
            if candidate.version == version:
                return candidate.read()
        raise BadPart(f"could not find buildpack with id '{id_}' and version '{version}'")

    def _candidates(self, entry: Mapping[str, Any], id_: str) -> list[ListedBuildpack]:
        kind, name = str(entry.get("kind") or ""), str(entry.get("name") or "")
        if not kind:
            every = [*(listed for of_object in self.named.values() for listed in of_object), *self.store]
            return [listed for listed in every if listed.id == id_]
        if kind not in _KIND_TEXTS:
            raise BadPart(f"kind must be either {' or '.join(_KIND_TEXTS)}")
        of_object = self.named.get((kind, name))
        if of_object is None:
            text = _KIND_TEXTS[kind]
            raise BadPart(f"{text} not found: {name}" if id_ else f"no {text} with name '{name}'")
        if id_:
            return [listed for listed in of_object if listed.id == id_]
        roots = _roots(of_object)
        if len(roots) != 1:
            raise BadPart(f"unexpected number of root buildpacks: {len(roots)}")
        return roots


def choose(order: Iterable[Mapping[str, Any]], available: Available) -> Groups:
    """Return the buildpacks of each group of an order, each with whether it is optional.

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
    """Return all buildpacks of which the buildpacks of the groups consist, directly or indirectly.

    Raises:
        BadPart: one cannot be found.
    """
    by_version: dict[tuple[str, str], StoredBuildpack] = {}
    remaining = [buildpack for group in groups for buildpack, _ in group]
    while remaining:
        parts = choose(remaining.pop().facts.get("order") or [], available)
        for part in (buildpack for group in parts for buildpack, _ in group):
            if (part.id, part.version) not in by_version:
                by_version[part.id, part.version] = part
                remaining.append(part)
    return tuple(by_version.values())


def _roots(listed: Sequence[ListedBuildpack]) -> list[ListedBuildpack]:
    orders = [group for buildpack in listed for group in buildpack.order]
    parts = {entry.get("id") for group in orders for entry in group.get("group") or []}
    return [buildpack for buildpack in listed if buildpack.id not in parts]


def _rank(listed: ListedBuildpack) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
    match = _SEMVER.fullmatch(listed.version)
    if match is None:
        reason = f"due to invalid semver '{listed.version}'"
        raise BadPart(f"cannot find buildpack '{listed.id}' with latest version {reason}")
    numbers, before = tuple(int(part or 0) for part in match.groups()[:3]), match[4] or ""
    # A numeric identifier of a prerelease is lower than an alphanumeric one.
    parts = tuple(
        (not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in before.split(".")
    )
    return numbers, not before, parts
