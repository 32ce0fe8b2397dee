"""Which commit each stage of a delivery has, and which stages have another one than the one followed.

The commit of what runs is that of the Build of its image. The commit of a package version is that of the
image that its installation deployed; the package pushed last is recognised by its digest.
"""

from __future__ import annotations

from pkgops.model import Environment, ImageRef, Snapshot, Stage, State
from pkgops.pipeline import kinds, revisions, runs
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.delivery import Delivery
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.serving import SERVE
from pkgops.pipeline.supplychain import Chain
from pkgops.readiness import app as apps
from pkgops.readiness import packageinstall, packagerepository, readiness
from pkgops.readiness.base import status, timestamp
from pkgops.values import replace

Versions = dict[tuple[str, str], str]
"""The commit of package versions, by the package's name and the version."""


def revised(store: ObjectStore, item: Delivery, chain: Chain | None, namespace: str) -> tuple[Stage, ...]:
    """The stages of a delivery, each with its source revision, where that is known.

    ``namespace`` is the workload's, where its builds are.
    """
    install = _object(item, kinds.PACKAGE_INSTALL)
    package = packageinstall.package(install) if install else ""
    origins = revisions.origins(store, namespace)
    known = dict(store.memo(("versions", namespace), lambda: _installed(store, origins)))
    pushed = _pushed(chain)
    repository = _object(item, kinds.PACKAGE_REPOSITORY)
    if chain and pushed and repository and revisions.digest(item.fetched) == revisions.digest(chain.package):
        known[package, _plain(ImageRef.parse(packagerepository.image(repository)).tag)] = pushed
    by_stage = {one.name: _carried(one, package, known, origins) for one in item.activities}
    chosen = next((by_stage[one.name] for one in item.activities if _is(one, kinds.IMAGE_POLICY)), "")
    hidden = chain is not None and any(one.stage.state is State.UNKNOWN for one in chain.activities)
    for one in item.activities:
        if _is(one, kinds.IMAGE_REPOSITORY):
            # Fetched is the package pushed last, and before that the selected tag; if either is known.
            by_stage[one.name] = pushed if pushed and _scanned_since(one, chain) else "" if hidden else chosen
    return tuple(replace(one.stage, revision=by_stage[one.name]) for one in item.activities)


def marked(snapshot: Snapshot, revision: str = "", version: str = "") -> Snapshot:
    """Return the Snapshot with ``still`` set for each stage that has another revision than the one followed.

    Args:
        snapshot: the state now.
        revision: the commit that is followed; the newest where neither is given.
        version: the package version that is followed instead of a commit.
    """
    if not snapshot.stages and not snapshot.environments:
        return snapshot
    followed = revision or snapshot.revision
    packaged = revisions.same(snapshot.revision, followed) and all(
        stage.state is State.DONE and stage.current for stage in snapshot.stages
    )
    # Whether a package of the commit was pushed is unknown where a stage before is.
    known = all(one.state is not State.UNKNOWN for one in snapshot.stages)
    stages = tuple(replace(one, still=_other(one, followed)) for one in snapshot.stages)
    environments = tuple(
        _of_version(env, version)
        if version
        else _of_commit(env, followed, snapshot.package if packaged else "", known=known)
        for env in snapshot.environments
    )
    return replace(snapshot, stages=stages, environments=environments)


def _of_commit(env: Environment, followed: str, package: str, *, known: bool) -> Environment:
    """Mark the stages of an environment; ``package`` is the followed commit's, empty until it is pushed.

    ``known``: whether an empty one means that it has not been pushed.
    """
    arrived = {_own(stage) for stage in env.stages if revisions.same(stage.revision, followed)} - {""}
    before = "" if package and revisions.digest(package) == revisions.digest(env.package) else _fetched(env)
    stages: list[Stage] = []
    for stage in env.stages:
        still = _other(stage, followed)
        if not stage.revision and followed and not env.pinned and stage.state is State.DONE:
            # Its commit is unknown, but it is known to be of an earlier package.
            without = (known and not package) or (bool(package) and _own(stage) == before)
            older = (known or bool(_own(stage))) and _own(stage) not in arrived if arrived else without
            mark = (_own(stage) or env.version) if older else ""
            still = stages[-1].still if stage.name == SERVE and stages else mark
        stages.append(replace(stage, still=still))
    return replace(env, stages=tuple(stages))


def _of_version(env: Environment, followed: str) -> Environment:
    marks = [_own(stage) or (env.version if stage.name == SERVE else "") for stage in env.stages]
    stages = [
        replace(stage, still=mark if mark != followed else "")
        for stage, mark in zip(env.stages, marks, strict=True)
    ]
    return replace(env, stages=tuple(stages))


def _other(stage: Stage, followed: str) -> str:
    known = stage.revision and followed
    return stage.revision if known and not revisions.same(stage.revision, followed) else ""


def _own(stage: Stage) -> str:
    """The package version that a stage of a delivery has; empty where it has none of its own."""
    return stage.output.version or _plain(stage.output.tag)


def _fetched(env: Environment) -> str:
    """The version of the package that the environment fetched last."""
    versions = (
        _own(one) for one in env.stages if one.object and one.object.kind == kinds.PACKAGE_REPOSITORY.kind
    )
    return next(versions, "")


def _installed(store: ObjectStore, origins: dict[str, str]) -> Versions:
    versions: Versions = {}
    for install in store.all(kinds.PACKAGE_INSTALL.group, kinds.PACKAGE_INSTALL.kind):
        app = runs.app_of(store, install)
        if app is None or readiness(app).state is not State.DONE:
            continue
        for image in apps.images(app):
            if revision := origins.get(revisions.digest(image)):
                versions[packageinstall.package(install), apps.version(app)] = revision
    return versions


def _pushed(chain: Chain | None) -> str:
    """The commit of the package that was pushed last; empty while a newer one is being built."""
    return chain.revision if chain and chain.package and all(one.done for one in chain.activities) else ""


def _carried(one: Activity, package: str, known: Versions, origins: dict[str, str]) -> str:
    output = one.stage.output
    version = output.version or _plain(output.tag)
    return known.get((package, version), "") if version else origins.get(revisions.digest(output.image), "")


def _scanned_since(one: Activity, chain: Chain | None) -> bool:
    scan = status(one.resource.obj or {}).get("lastScanResult") or {}
    last = timestamp(scan.get("scanTime"))
    return bool(chain and chain.pushed and last and last >= chain.pushed)


def _plain(tag: str) -> str:
    return tag.removeprefix("v")


def _is(one: Activity, kind: kinds.Kind) -> bool:
    return runs.is_kind(one.resource.obj, kind)


def _object(item: Delivery, kind: kinds.Kind) -> Obj | None:
    return next((one.resource.obj for one in item.activities if _is(one, kind)), None)
