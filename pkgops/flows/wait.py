"""Wait until a run has come to its end, and say the truth about it, the same every time it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pkgops.errors import PkgopsError, StepFailed
from pkgops.flows import unreadable
from pkgops.model import Blockage, Code, Environment, Snapshot, Stage, State, Verdict
from pkgops.pipeline import revisions

FLAP = timedelta(seconds=5)
"""A failure that heals by itself within this time is a flap (a first delivery shows one of 2 s)."""

REPAIRED = timedelta(seconds=2)
"""Controllers take what was applied last into account within this time; what they say before is old."""

RETRIED = timedelta(seconds=90)
"""Controllers retry these by themselves, with a back-off; only then is it the truth."""

RETRIED_CODES = frozenset(
    {
        Code.GIT_UNREACHABLE,
        Code.NOT_REACHABLE,
        Code.REGISTRY_FAILED,
        Code.REGISTRY_NOT_FOUND,
        Code.REPOSITORY_FAILED,
        Code.PACKAGE_NOT_FOUND,
        Code.INSTALL_FAILED,
        Code.IMAGE_PULL,
        Code.TASK_MISSING,
        Code.NO_BLUEPRINT,
        Code.BLUEPRINT_NOT_READY,
        Code.TEMPLATE_MISSING,
        Code.SERVICE_ACCOUNT_MISSING,
        Code.BUILDER_NOT_READY,
        Code.BUILDER_MISSING,
        Code.NO_TAG_IN_RANGE,
    }
)

INSTALLED = frozenset({"PackageInstall", "App", "Service", "Revision", "Deployment", "Pod"})
"""Kinds that speak of the package that is installed, which may be one before."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What to wait for.

    ``revision`` is the commit to follow (any form; empty: whatever is newest), ``environments`` the
    names to wait for (empty: all that have a Deliverable), ``deliver`` whether delivery counts at all.
    ``version`` is the package version that must be installed (a promotion).
    """

    revision: str = ""
    environments: tuple[str, ...] = ()
    deliver: bool = True
    version: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it ended: the last Snapshot, the verdict, the cause where there is one."""

    verdict: Verdict
    snapshot: Snapshot
    blockage: Blockage | None = None


@dataclass
class Judge:
    """Decides on each Snapshot whether the run has ended; remembers only since when a failure stands."""

    goal: Goal = field(default_factory=Goal)
    flap: timedelta = FLAP
    retried: timedelta = RETRIED
    _standing: tuple[Code, str, str, datetime] | None = None

    def step(self, snapshot: Snapshot) -> Outcome | None:
        """Take one Snapshot; an Outcome where the run has ended."""
        if reached(snapshot, self.goal):
            return Outcome(Verdict.READY, snapshot)
        blockage = self._failure(snapshot) or unknown(snapshot, self.goal)
        if blockage is None:
            self._standing = None
            return None
        return self._stood(blockage, snapshot)

    def _failure(self, snapshot: Snapshot) -> Blockage | None:
        """The first cause that concerns this goal, and its commit."""
        for blockage in snapshot.blockages:
            if blockage.state is State.FAILED and self._concerns(blockage, snapshot):
                return blockage
        return None

    def _concerns(self, blockage: Blockage, snapshot: Snapshot) -> bool:
        in_chain = blockage.part == "supply-chain"
        if not in_chain:
            names = self.goal.environments
            counts = self.goal.deliver and (not names or blockage.part in names)
            return counts and self._has_arrived(blockage, snapshot)
        if self.goal.version and not self.goal.revision:
            return False
        if blockage.code is Code.STALE_PACKAGE and not _through(snapshot, blockage.stage):
            return False
        source = blockage.code.value.startswith("git-") or not blockage.stage
        return source or not self.goal.revision or revisions.same(snapshot.revision, self.goal.revision)

    def _has_arrived(self, blockage: Blockage, snapshot: Snapshot) -> bool:
        """Whether an environment's failure is that of the goal's own package, and not of one before."""
        if not self.goal.revision:
            return True
        if not revisions.same(snapshot.revision, self.goal.revision) or not _through(snapshot, ""):
            return False
        has = next((env.package for env in snapshot.environments if env.name == blockage.part), "")
        later = blockage.object is not None and blockage.object.kind in INSTALLED
        return not later or not has or revisions.digest(has) == revisions.digest(snapshot.package)

    def _stood(self, blockage: Blockage, snapshot: Snapshot) -> Outcome | None:
        """A failure counts once it has stood for its grace, as measured by the objects or by us."""
        name = str(blockage.object)
        if self._standing is None or self._standing[:3] != (blockage.code, blockage.stage, name):
            self._standing = (blockage.code, blockage.stage, name, snapshot.taken_at)
        seen = since = self._standing[3]
        if blockage.part == "supply-chain":
            # In an environment the objects' times may be those of the package before.
            since = min(since, _since(snapshot, blockage) or since)
        grace = self.retried if blockage.code in RETRIED_CODES else self.flap
        if snapshot.taken_at - seen < min(REPAIRED, grace) or snapshot.taken_at - since < grace:
            return None
        return Outcome(_verdict(blockage), snapshot, blockage)


def _verdict(blockage: Blockage) -> Verdict:
    if blockage.state is State.UNKNOWN:
        return Verdict.UNKNOWN
    stale = blockage.code in (Code.STALE_PACKAGE, Code.STALE_DEPLOYMENT)
    return Verdict.STALE if stale else Verdict.FAILED


def unknown(snapshot: Snapshot, goal: Goal) -> Blockage | None:
    """What the goal depends on and cannot be read; None where all is known, or will be in a moment."""
    parts = set(goal.environments) or {env.name for env in snapshot.environments}
    parts = parts if goal.deliver else set()
    if not goal.version or goal.revision:
        parts.add("supply-chain")
    found = unreadable.cause(snapshot, *parts) if parts else None
    return found if found is not None and found.code is not Code.NOT_LISTED else None


def _through(snapshot: Snapshot, stage: str) -> bool:
    """Whether all stages but one are done for the newest commit: its own run is told of first."""
    return all(one.state is State.DONE and one.current for one in snapshot.stages if one.name != stage)


def _since(snapshot: Snapshot, blockage: Blockage) -> datetime | None:
    for stage in snapshot.all_stages:
        if (stage.part, stage.name) == (blockage.part, blockage.stage):
            return stage.until or stage.since
    return blockage.since


def awaited(snapshot: Snapshot, goal: Goal) -> list[Stage]:
    """The stages that count for a goal."""
    stages = [] if goal.version and not goal.revision else list(snapshot.stages)
    return stages + [stage for env in _environments(snapshot, goal) for stage in env.stages]


def _environments(snapshot: Snapshot, goal: Goal) -> list[Environment]:
    if not goal.deliver:
        return []
    return [env for env in snapshot.environments if not goal.environments or env.name in goal.environments]


def reached(snapshot: Snapshot, goal: Goal) -> bool:
    """Whether the goal is reached: everything done for this commit, and its image running.

    ``Ready=True`` alone says nothing: a Workload keeps it from before a push. What counts is the
    revision that each stage's inputs carry, and the image in the ready pods.
    """
    stages = awaited(snapshot, goal)
    if unknown(snapshot, goal) is not None:
        return False
    if not stages or not all(stage.state is State.DONE and stage.current for stage in stages):
        return False
    if goal.revision and not revisions.same(snapshot.revision, goal.revision):
        return False
    if goal.deliver and set(goal.environments) - {env.name for env in snapshot.environments}:
        return False
    return all(_delivered(env, snapshot, goal) for env in _environments(snapshot, goal))


def _delivered(env: Environment, snapshot: Snapshot, goal: Goal) -> bool:
    if goal.version and env.version != goal.version:
        return False
    if env.pinned and not goal.revision:
        return bool(env.image)
    return bool(env.image) and not env.stale and not (goal.revision and _other(env, snapshot, goal))


def _other(env: Environment, snapshot: Snapshot, goal: Goal) -> bool:
    """Whether the running image is known to be of another commit.

    An image may be the same for two commits (nothing of the source changed), so the image built last
    for the newest commit counts too.
    """
    built = revisions.digest(env.image) == revisions.digest(snapshot.image)
    return not built and not revisions.same(env.revision, goal.revision)


def outcomes(snapshots: Iterable[Snapshot], judge: Judge) -> Iterator[tuple[Snapshot, Outcome | None]]:
    """Every Snapshot with the Outcome, up to the one that ends it."""
    for snapshot in snapshots:
        outcome = judge.step(snapshot)
        yield snapshot, outcome
        if outcome is not None:
            return


def failure(outcome: Outcome) -> PkgopsError | None:
    """The error that an Outcome stands for; None where all is well."""
    if outcome.verdict is Verdict.READY:
        return None
    blockage = outcome.blockage
    if blockage is None:
        return StepFailed("the run failed", next="pkgops why")
    if outcome.verdict is Verdict.UNKNOWN:
        return unreadable.error(blockage)
    why = "\n".join(item.text for item in blockage.evidence)
    return StepFailed(blockage.cause, why=why, next=blockage.next, slug=blockage.code.value)
