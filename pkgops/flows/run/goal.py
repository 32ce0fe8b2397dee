"""The goal of a run, and whether it is reached."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.flows import unreadable
from pkgops.model import CHAIN, Blockage, CauseCode, Environment, Snapshot, Stage, State
from pkgops.pipeline import revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The goal of a run.

    Attributes:
        revision: the commit to follow, in any form; empty: the newest.
        environments: the names to wait for; empty: all that have a Deliverable.
        deliver: whether delivery counts at all.
        version: the package version that must be installed (a promotion).
        image: the image that must run, by digest; empty: the image of the package.
        unresolved: the commit or version is yet to be found. The goal is not reached then, and only a cause
            that prevents finding it counts as a failure.
        any_version: any package version is accepted: a supply chain that is blocked as a whole
            counts only as long as there is none.
    """

    revision: str = ""
    environments: tuple[str, ...] = ()
    deliver: bool = True
    version: str = ""
    image: str = ""
    unresolved: bool = False
    any_version: bool = False


def scopes(snapshot: Snapshot, goal: Goal) -> set[str]:
    """Return the scopes that count for a goal."""
    chain = set() if goal.version and not goal.revision else {CHAIN}
    return chain | {env.name for env in _environments(snapshot, goal)}


def awaited(snapshot: Snapshot, goal: Goal) -> list[Stage]:
    """Return the stages that count for a goal."""
    stages = [] if goal.version and not goal.revision else list(snapshot.stages)
    return stages + [stage for env in _environments(snapshot, goal) for stage in env.stages]


def reached(snapshot: Snapshot, goal: Goal) -> bool:
    """Return whether the goal is reached: everything done for this commit, and its image running.

    ``Ready=True`` alone is not enough: a Workload keeps it from before a push. What counts is the
    revision of each stage's inputs, and the image in the ready pods.
    """
    return all_done(snapshot, goal) and not other_images(snapshot, goal)


def all_done(snapshot: Snapshot, goal: Goal) -> bool:
    """Return whether all stages are done for the goal, whichever image runs then."""
    if goal.unresolved or set(snapshot.pending) & scopes(snapshot, goal):
        return False
    if unknown(snapshot, goal) is not None:
        return False
    stages = awaited(snapshot, goal)
    if not stages or not all(stage.state is State.DONE and stage.current for stage in stages):
        return False
    if goal.revision and not revisions.same(snapshot.revision, goal.revision):
        return False
    if goal.deliver and set(goal.environments) - {env.name for env in snapshot.environments}:
        return False
    return all(_delivered(env, snapshot, goal) for env in _environments(snapshot, goal))


def unknown(snapshot: Snapshot, goal: Goal) -> Blockage | None:
    """Return what the goal depends on and cannot be read; None where all is known, or still being listed."""
    concerned = scopes(snapshot, goal) | (set(goal.environments) if goal.deliver else set())
    found = unreadable.cause(snapshot, *concerned) if concerned else None
    return found if found is not None and found.code is not CauseCode.NOT_LISTED else None


def has_versions(snapshot: Snapshot, goal: Goal) -> bool:
    """Return whether each environment of the goal has a package version, installed or selected."""
    known = {
        env.name: bool(env.version) or any(stage.output.version or stage.output.tag for stage in env.stages)
        for env in _environments(snapshot, goal)
    }
    return bool(known) and set(goal.environments) <= set(known) and all(known.values())


def other_images(snapshot: Snapshot, goal: Goal) -> list[Environment]:
    """Return the environments that run another image than the goal's."""
    wanted = revisions.digest(goal.image)
    if not wanted:
        return []
    return [env for env in _environments(snapshot, goal) if revisions.digest(env.image) != wanted]


def _environments(snapshot: Snapshot, goal: Goal) -> list[Environment]:
    if not goal.deliver:
        return []
    return [env for env in snapshot.environments if not goal.environments or env.name in goal.environments]


def _delivered(env: Environment, snapshot: Snapshot, goal: Goal) -> bool:
    if goal.version and env.version != goal.version:
        return False
    if env.pinned and not goal.revision:
        return bool(env.image) or not env.serves
    if not goal.version and _older_package(env, snapshot):
        return False
    if not env.serves:
        return True
    return bool(env.image) and not env.stale and not (goal.revision and _other(env, snapshot, goal))


def _older_package(env: Environment, snapshot: Snapshot) -> bool:
    """Whether an environment has fetched another package than the one that was pushed last.

    Two packages may have one image: the configuration around it changes too.
    """
    (here, has), (there, made) = _split(env.package), _split(snapshot.package)
    return bool(has and made) and here == there and has != made


def _split(package: str) -> tuple[str, str]:
    repository, _, digest = package.partition("@")
    return repository, digest


def _other(env: Environment, snapshot: Snapshot, goal: Goal) -> bool:
    """Whether the running image is known to be of another commit.

    An image may be the same for two commits (nothing of the source changed), so the image built last
    for the newest commit counts too.
    """
    built = revisions.digest(env.image) == revisions.digest(snapshot.image)
    return not built and not revisions.same(env.revision, goal.revision)
