"""How a run has ended: the policy that decides it on each Snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pkgops.errors import PkgopsError, StepFailed
from pkgops.flows import unreadable
from pkgops.flows.next_command import in_words
from pkgops.flows.run import cause_times
from pkgops.flows.run.cause_times import FLAP, RETRIED, CauseTimes
from pkgops.flows.run.goal import Goal, all_done, has_versions, other_images, reached, unknown
from pkgops.model import CHAIN, Blockage, CauseCode, Snapshot, State, Verdict
from pkgops.pipeline import revisions

OTHER_IMAGE = timedelta(seconds=20)
"""How long another image may still run after everything reports done; measured: up to 2 s."""

INSTALLED = frozenset({"PackageInstall", "App", "Service", "Revision", "Deployment", "Pod"})
"""Kinds with the state of the package that is installed, which may be an earlier one."""

FINDERS = frozenset({"GitRepository", "ImageRepository", "ImagePolicy"})
"""Kinds that find the commit or the version."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: the last Snapshot, the verdict, the cause where there is one.

    ``expected`` is the image that should run, where another one does.
    """

    verdict: Verdict
    snapshot: Snapshot
    blockage: Blockage | None = None
    expected: str = ""


@dataclass(kw_only=True)
class OutcomePolicy:
    """Decides on each Snapshot whether the run has ended; it stores since when a failure has lasted."""

    goal: Goal = field(default_factory=Goal)
    flap: timedelta = FLAP
    retried: timedelta = RETRIED
    _cause_times: CauseTimes = field(default_factory=CauseTimes)
    _settled: datetime | None = None

    def step(self, snapshot: Snapshot) -> Outcome | None:
        """Take one Snapshot; an Outcome where the run has ended."""
        self._cause_times.take(snapshot)
        if reached(snapshot, self.goal):
            return Outcome(Verdict.READY, snapshot)
        return self._failed(snapshot) or self._runs_another(snapshot)

    def without_flaps(self, snapshot: Snapshot) -> Snapshot:
        """Return a Snapshot that was taken, without failures that may be temporary."""
        return cause_times.without_flaps(snapshot, self._cause_times, self.flap, self.retried)

    def _failed(self, snapshot: Snapshot) -> Outcome | None:
        """The first cause that belongs to this goal and its commit, once it has lasted its grace period."""
        failed = (one for one in snapshot.blockages if one.state is State.FAILED)
        blockage = next((one for one in failed if self._concerns(one, snapshot)), None)
        blockage = blockage or unknown(snapshot, self.goal)
        if blockage is None:
            return None
        grace = self.retried if cause_times.is_retried(blockage) else self.flap
        stood = self._cause_times.has_lasted(blockage, snapshot, grace)
        return Outcome(_verdict(blockage), snapshot, blockage) if stood else None

    def _runs_another(self, snapshot: Snapshot) -> Outcome | None:
        """The outcome where everything is done, but another image runs than the version's."""
        if not all_done(snapshot, self.goal):
            self._settled = None
            return None
        self._settled = self._settled or snapshot.taken_at
        if snapshot.taken_at - self._settled < OTHER_IMAGE:
            return None
        return Outcome(Verdict.STALE, snapshot, expected=self.goal.image)

    def _concerns(self, blockage: Blockage, snapshot: Snapshot) -> bool:
        if blockage.stage and blockage.scope in snapshot.pending:
            return False
        if self.goal.unresolved and not _finds(blockage, snapshot):
            return False
        if blockage.scope != CHAIN:
            names = self.goal.environments
            counts = self.goal.deliver and (not names or blockage.scope in names)
            return counts and self._has_arrived(blockage, snapshot)
        if self.goal.version and not self.goal.revision:
            return False
        if self.goal.any_version and not blockage.stage and has_versions(snapshot, self.goal):
            return False
        if blockage.code is CauseCode.STALE_PACKAGE and not _through(snapshot, blockage.stage):
            return False
        source = blockage.code.value.startswith("git-") or not blockage.stage
        return source or not self.goal.revision or revisions.same(snapshot.revision, self.goal.revision)

    def _has_arrived(self, blockage: Blockage, snapshot: Snapshot) -> bool:
        """Whether an environment's failure is that of the goal's own package, and not of an earlier one."""
        if blockage.stage and not _reached_stage(blockage, snapshot):
            return False
        if not self.goal.revision:
            return True
        if not revisions.same(snapshot.revision, self.goal.revision) or not _through(snapshot, ""):
            return False
        has = next((env.package for env in snapshot.environments if env.name == blockage.scope), "")
        later = blockage.object is not None and blockage.object.kind in INSTALLED
        return not later or not has or revisions.digest(has) == revisions.digest(snapshot.package)


def _verdict(blockage: Blockage) -> Verdict:
    if blockage.state is State.UNKNOWN:
        return Verdict.UNKNOWN
    stale = blockage.code in (CauseCode.STALE_PACKAGE, CauseCode.STALE_DEPLOYMENT)
    return Verdict.STALE if stale else Verdict.FAILED


def _finds(blockage: Blockage, snapshot: Snapshot) -> bool:
    """Whether a cause prevents that the commit or the version is found: the owner's own, or a finder's."""
    if not blockage.stage or blockage.code.value.startswith("git-"):
        return True
    here = (blockage.scope, blockage.stage)
    stage = next((one for one in snapshot.all_stages if (one.scope, one.name) == here), None)
    if stage is None or stage.object is None:
        return True
    if stage.object.kind in FINDERS:
        return True
    # A supply chain may begin with another kind: then its own stages are followed.
    return blockage.scope == CHAIN and not any(
        one.object is not None and one.object.kind in FINDERS for one in snapshot.stages
    )


def _reached_stage(blockage: Blockage, snapshot: Snapshot) -> bool:
    """Whether all stages of an environment before the one that failed are done for the new inputs."""
    stages = next((env.stages for env in snapshot.environments if env.name == blockage.scope), ())
    for stage in stages:
        if stage.name == blockage.stage:
            break
        if stage.state is not State.DONE:
            return False
    return True


def _through(snapshot: Snapshot, stage: str) -> bool:
    """Whether all stages but one are done for the newest commit: its own run is reported first."""
    return all(one.state is State.DONE and one.current for one in snapshot.stages if one.name != stage)


def outcomes(
    snapshots: Iterable[Snapshot], policy: OutcomePolicy
) -> Iterator[tuple[Snapshot, Outcome | None]]:
    """Yield every Snapshot with the Outcome, up to the one that ends the run."""
    for snapshot in snapshots:
        outcome = policy.step(snapshot)
        yield snapshot, outcome
        if outcome is not None:
            return


def failure(outcome: Outcome) -> PkgopsError | None:
    """Return the error of an Outcome; None for success."""
    if outcome.verdict is Verdict.READY:
        return None
    blockage = outcome.blockage
    if blockage is None:
        return _other_image(outcome)
    if outcome.verdict is Verdict.UNKNOWN:
        return unreadable.error(blockage)
    why = "\n".join(item.text for item in blockage.evidence)
    return StepFailed(blockage.cause, why=why, next=in_words(blockage), slug=blockage.code.value)


def _other_image(outcome: Outcome) -> StepFailed:
    running = other_images(outcome.snapshot, Goal(image=outcome.expected))
    if not running:
        return StepFailed("the run failed", next="pkgops why")
    env = running[0]
    return StepFailed(
        f"{env.name} has version {env.version}, but runs another image",
        why=f"expected {outcome.expected}\nrunning  {env.image}",
        next="pkgops trace",
        slug="other-image",
    )
