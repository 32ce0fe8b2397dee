"""What a run is to reach, and whether it has."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.flows import unreadable
from pkgops.model import CHAIN, Blockage, CauseCode, Environment, Snapshot, Stage, State
from pkgops.pipeline import revisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What to wait for.

    Attributes:
        revision: the commit to follow, in any form; empty: whatever is newest.
        environments: the names to wait for; empty: all that have a Deliverable.
        deliver: whether delivery counts at all.
        version: the package version that must be installed (a promotion).
        image: the image that must run, by digest; empty: whatever the package brings.
        unresolved: the commit or version is yet to be found. Nothing is reached then, and only what keeps
            it from being found counts as a failure.
        any_version: whichever package version is there will do: a supply chain that is blocked as a whole
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
    """Tell whether the goal is reached: everything done for this commit, and its image running.

    ``Ready=True`` alone is not enough: a Workload keeps it from before a push. What counts is the
    revision that each stage's inputs carry, and the image in the ready pods.
    """
    return settled(snapshot, goal) and not other_images(snapshot, goal)


def settled(snapshot: Snapshot, goal: Goal) -> bool:
    """Tell whether nothing is left to do for the goal, whatever image then runs."""
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
    """Return what the goal depends on and cannot be read; None where all is known, or will be in a moment."""
    concerned = scopes(snapshot, goal) | (set(goal.environments) if goal.deliver else set())
    found = unreadable.cause(snapshot, *concerned) if concerned else None
    return found if found is not None and found.code is not CauseCode.NOT_LISTED else None


def has_versions(snapshot: Snapshot, goal: Goal) -> bool:
    """Tell whether each environment of the goal has a package version, installed or only chosen yet."""
    known = {
        env.name: bool(env.version) or any(stage.output.version or stage.output.tag for stage in env.stages)
        for env in _environments(snapshot, goal)
    }
    return bool(known) and set(goal.environments) <= set(known) and all(known.values())


def other_images(snapshot: Snapshot, goal: Goal) -> list[Environment]:
    """Return the environments that run another image than the one that the goal names."""
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
