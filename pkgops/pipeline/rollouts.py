"""When other images were rolled out in an environment, by the Revisions that still exist."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest

from pkgops.model import Environment, ObjectRef
from pkgops.pipeline import kinds, revisions, runs
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.readiness import package, revision
from pkgops.readiness.base import created
from pkgops.values import Value


class Rollout(Value, kw_only=True):
    """A Revision with another image than the one before it.

    ``version`` is that of the Package that was fetched for it and ``commit`` what the image was built from;
    empty where no object shows them any more.
    """

    when: datetime
    object: ObjectRef
    image: str = ""
    version: str = ""
    commit: str = ""


def rollouts(store: ObjectStore, env: Environment, home: str) -> list[Rollout]:
    """Return the roll-outs of an environment, the newest first; ``home`` is the namespace of the builds."""
    found: list[Rollout] = []
    for stage in env.stages:
        service = store.find(stage.object)
        if service is None or not runs.is_kind(service, kinds.SERVICE):
            continue
        made = runs.revisions_of(store, service)
        for one, before in zip_longest(made, made[1:]):
            when, image = created(one), revision.image(one)
            if when is None or (before is not None and revision.image(before) == image):
                continue
            found.append(
                Rollout(
                    when=when,
                    object=ObjectRef.of(one),
                    image=image,
                    version=_version(store, env, when, created(before) if before else None),
                    commit=revisions.origins(store, home).get(revisions.digest(image), ""),
                )
            )
    return found


def _version(store: ObjectStore, env: Environment, when: datetime, before: datetime | None) -> str:
    """The version of the newest Package that was created before a Revision and after the previous one."""
    known: list[Obj] = store.all(kinds.PACKAGE.group, kinds.PACKAGE.kind, env.namespace)
    times = [(at, package.version(one)) for one in known if (at := created(one)) is not None and at <= when]
    return max((one for one in times if before is None or one[0] > before), default=(when, ""))[1]
