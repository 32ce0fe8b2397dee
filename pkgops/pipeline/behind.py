"""How far each environment is behind the one before it in the path of a version, and since when."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise

from pkgops.model import Behind, Environment
from pkgops.pipeline import kinds, revisions, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.scope import Scope
from pkgops.readiness import package, revision
from pkgops.readiness.base import created, status
from pkgops.values import replace

Version = tuple[int, int, int]
_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")


def compared(store: ObjectStore, scope: Scope, found: Sequence[Environment]) -> tuple[Environment, ...]:
    """Return the environments, each with how far it is behind the one before it in the scope's order.

    ``behind`` stays None for the first, and where nothing is delivered to the one before.
    """
    path = [name for name, _ in scope.environments]
    known = {env.name: env for env in found}
    before = {name: known.get(earlier) for earlier, name in pairwise(path)}
    return tuple(_placed(store, env, before.get(env.name)) for env in found)


def _placed(store: ObjectStore, env: Environment, before: Environment | None) -> Environment:
    return env if before is None else replace(env, behind=_behind(store, env, before))


def _behind(store: ObjectStore, env: Environment, before: Environment) -> Behind:
    own, other = _parsed(env.version), _parsed(before.version)
    if env.version and env.version == before.version:
        return Behind(before.name, 0)
    if own is None or other is None or own == other:
        return Behind(before.name)
    if own > other:
        return Behind(before.name, 0)
    between = _between(store, own, other, (before, env))
    return Behind(before.name, len(between) or None, _since(store, env, before, between))


def _between(
    store: ObjectStore, own: Version, other: Version, places: Iterable[Environment]
) -> list[Version]:
    """The versions after ``own`` up to ``other``, in order; empty where a scan may not have listed all."""
    for env in places:
        for scan in _objects(store, env, kinds.IMAGE_REPOSITORY):
            last = status(scan).get("lastScanResult") or {}
            tags = [str(tag) for tag in last.get("latestTags") or ()]
            listed = {version for tag in tags if (version := _parsed(tag))}
            whole = last.get("tagCount") == len(tags)
            if other in listed and (whole or (own in listed and _alike(own, other))):
                return sorted(one for one in listed if own < one <= other)
    return []


def _alike(own: Version, other: Version) -> bool:
    """Whether all versions between two are between them in the order of text too.

    Flux keeps the last ten tags in the order of text: between two that it kept, none is missing.
    """
    return own[:2] == other[:2] and len(str(own[2])) == len(str(other[2]))


def _since(
    store: ObjectStore, env: Environment, before: Environment, between: list[Version]
) -> datetime | None:
    """When the environment before replaced the version that this one runs.

    Its Revisions show it, as long as there is one of this image; else the Package of the next version.
    """
    own = revisions.digest(env.image)
    later: Obj | None = None
    # Versions of one image differ in other things, which a Revision's image does not show.
    differs = own != revisions.digest(before.image)
    for service in _objects(store, before, kinds.SERVICE) if differs else ():
        for one in runs.revisions_of(store, service):
            if own and revisions.digest(revision.image(one)) == own:
                return created(later) if later else None
            later = one
    packages = store.all(kinds.PACKAGE.group, kinds.PACKAGE.kind, before.namespace) if between else []
    installed = next((package.name(one) for one in packages if package.version(one) == before.version), "")
    following = [one for one in packages if _parsed(package.version(one)) == between[0]]
    return next((created(one) for one in following if package.name(one) == installed), None)


def _objects(store: ObjectStore, env: Environment, kind: kinds.Kind) -> list[Obj]:
    objects = (store.find(stage.object) for stage in env.stages)
    return [obj for obj in objects if obj is not None and runs.is_kind(obj, kind)]


def _parsed(version: str) -> Version | None:
    match = _VERSION.fullmatch(version)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None
