"""A wait ends with the truth about its own commit, and not before."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shared_traces import played

from pkgops.errors import Exit
from pkgops.flows.run import outcome as outcomes
from pkgops.flows.run.goal import Goal, reached
from pkgops.flows.run.outcome import OutcomePolicy
from pkgops.model import (
    Blockage,
    CauseCode,
    Environment,
    ObjectRef,
    Snapshot,
    Stage,
    StageStatus,
    State,
    Verdict,
)

FIRST = "9b0079e312a65dc55050281443af8f26a09fa0a4"
SECOND = "3d862503ae1d657bfc18925c10652e641d23bba8"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BROKEN = "a467a7016a151b06fa9932694317c43c9cb92e57"


def ended(name, begin, goal, **settings):
    """When a wait that begins at a moment ends, and how."""
    judge = OutcomePolicy(goal=goal, **settings)
    for seconds, snapshot in ticking(played(name).since(begin)):
        if seconds >= begin and (outcome := judge.step(snapshot)):
            return seconds, outcome
    return None, None


def ticking(moments):
    """The moments of a recording, and every second between them, as a wait sees them."""
    before = None
    for seconds, snapshot in moments:
        for tick in range(1, math.ceil(seconds - before[0]) if before else 1):
            yield before[0] + tick, replace(before[1], taken_at=before[1].taken_at + timedelta(seconds=tick))
        yield seconds, snapshot
        before = seconds, snapshot


def test_what_runs_already_is_done_at_once():
    seconds, outcome = ended("second-run", 5, Goal(revision=FIRST, environments=("apps-dev",)))
    assert outcome.verdict is Verdict.READY
    assert seconds < 31


def test_ready_true_right_after_a_push_ends_nothing():
    """The Workload is Ready=True all through; the commit is tested, built, and never packaged."""
    seconds, outcome = ended("second-run", 38, Goal(revision=SECOND, environments=("apps-dev",)))
    assert (outcome.verdict, outcome.blockage.code) == (Verdict.STALE, CauseCode.STALE_PACKAGE)
    assert 99 <= seconds < 125
    assert outcomes.failure(outcome).exit_code == Exit.FAILED


def test_a_failing_test_of_the_commit_ends_the_wait():
    seconds, outcome = ended("second-run", 253.5, Goal(revision=BROKEN, environments=("apps-dev",)))
    assert 279 < seconds < 292
    assert outcome.blockage.code is CauseCode.TEST_FAILED


def test_the_same_wait_again_gives_the_same_answer():
    goal = Goal(revision=SECOND, environments=("apps-dev",))
    assert [ended("second-run", begin, goal)[1].verdict for begin in (130, 180, 240)] == [Verdict.STALE] * 3


def test_only_the_supply_chain():
    """Built and pushed counts, whatever the environments do."""
    _, outcome = ended("first-run", 1100, Goal(revision=FIRST, deliver=False))
    assert outcome.verdict is Verdict.READY


def test_a_promotion_ends_when_that_version_runs():
    goal = Goal(environments=("apps-prod",), version="0.1.1795369841")
    seconds, outcome = ended("second-run", 30, goal)
    assert outcome.verdict is Verdict.READY
    assert 39 < seconds < 41


def test_a_flap_is_not_a_failure():
    """The Deliverable is False for two seconds on its first delivery."""
    _, outcome = ended("second-run", 30, Goal(environments=("apps-prod",), version="0.1.1795369841"))
    assert outcome.blockage is None


def test_what_controllers_try_again_gets_time():
    """The Git server was down for a minute: that ends no wait that would have reached its goal."""
    goal = Goal(revision=FIRST, deliver=False)
    seconds, outcome = ended("first-run", 150, goal)
    assert seconds > 530
    assert outcome.blockage.code is CauseCode.BUILD_FAILED


def test_the_truth_of_a_fight_is_told():
    _, outcome = ended("first-run", 1100, Goal(revision=FIRST, environments=("apps-dev",)))
    assert outcome.blockage.code is CauseCode.GENERATION_FIGHT


@pytest.mark.parametrize("environment", ["apps-prod", "apps-nowhere"])
def test_an_environment_without_a_deliverable_is_not_reached(environment):
    snapshot = played("second-run")[40][1]
    assert not reached(snapshot, Goal(revision=FIRST, environments=(environment,)))


def failing(snapshot, package):
    """The same run with an environment whose App failed, having fetched ``package``."""
    (env, *others) = snapshot.environments
    ref = ObjectRef("kappctrl.k14s.io/v1alpha1", "App", "apps-dev", "x")
    cause = Blockage(
        code=CauseCode.INSTALL_FAILED, cause="it failed", object=ref, stage="deployer", scope=env.name
    )
    names = [stage.name for stage in env.stages]
    broken = tuple(
        stage.with_status(
            state=State.DONE if names.index(stage.name) < names.index("deployer") else State.FAILED
        )
        for stage in env.stages
    )
    env = replace(env, stages=broken)
    return replace(
        snapshot,
        environments=(replace(env, package=package), *others),
        blockages=(cause,),
        stages=tuple(stage.with_status(state=State.DONE, current=True) for stage in snapshot.stages),
    )


def test_a_failure_of_the_package_before_does_not_end_a_wait_for_its_fix():
    healthy = played("first-run")[-1][1]
    old = failing(healthy, "r/x@sha256:" + "0" * 64)
    judge = OutcomePolicy(goal=Goal(revision=FIRST, environments=("apps-dev",)))
    for seconds in range(0, 300, 10):
        moment = replace(old, taken_at=old.taken_at + timedelta(seconds=seconds))
        assert judge.step(moment) is None


def test_a_failure_of_the_own_package_does():
    healthy = played("first-run")[-1][1]
    own = failing(healthy, healthy.package)
    judge = OutcomePolicy(goal=Goal(revision=FIRST, environments=("apps-dev",)))
    outcomes = [judge.step(replace(own, taken_at=own.taken_at + timedelta(seconds=s))) for s in (0, 60, 120)]
    assert outcomes[:2] == [None, None]
    assert outcomes[2].blockage.code is CauseCode.INSTALL_FAILED


PROMOTED = Goal(environments=("apps-prod",), version="0.1.1795369841")


def moment_of(name, seconds):
    """The last Snapshot of a recording before a moment."""
    return played(name).before(seconds)


def running(image, seconds):
    """The promoted version after its end, with another image in the environment."""
    snapshot = moment_of("second-run", 50)
    environments = tuple(replace(env, image=image) for env in snapshot.environments)
    return replace(
        snapshot, environments=environments, taken_at=snapshot.taken_at + timedelta(seconds=seconds)
    )


def test_another_image_than_the_promoted_one_is_working_for_a_while_and_then_stale():
    wanted, other = "r/x@sha256:" + "1" * 64, "r/x@sha256:" + "2" * 64
    policy = OutcomePolicy(goal=replace(PROMOTED, image=wanted))
    assert [policy.step(running(other, seconds)) for seconds in (0, 5, 19)] == [None] * 3
    outcome = policy.step(running(other, 20))
    assert outcome.verdict is Verdict.STALE
    error = outcomes.failure(outcome)
    assert (error.slug, wanted in error.why, other in error.why) == ("other-image", True, True)


def test_the_promoted_image_that_comes_late_is_success():
    wanted, other = "r/x@sha256:" + "1" * 64, "r/x@sha256:" + "2" * 64
    policy = OutcomePolicy(goal=replace(PROMOTED, image=wanted))
    assert policy.step(running(other, 0)) is None
    assert policy.step(running(wanted, 15)).verdict is Verdict.READY


def test_a_failure_of_the_version_before_does_not_end_a_promotion_of_its_fix():
    """The environment is broken; the fix is chosen, and its package not fetched yet."""
    policy = OutcomePolicy(goal=Goal(environments=("apps-prod",), version="0.1.2"))
    for seconds in range(0, 100, 5):
        assert policy.step(broken_before_the_fix(seconds)) is None


def broken_before_the_fix(seconds):
    ref = ObjectRef("serving.knative.dev/v1", "Revision", "apps-prod", "x")
    stages = (
        Stage(
            name="source-detector",
            scope="apps-prod",
            title="Detect packages",
            status=StageStatus(state=State.DONE),
        ),
        Stage(
            name="package-provider",
            scope="apps-prod",
            title="Fetch package",
            status=StageStatus(state=State.WORKING),
        ),
        Stage(
            name="deployer",
            scope="apps-prod",
            title="Install package",
            status=StageStatus(state=State.FAILED),
        ),
        Stage(
            name="serve", scope="apps-prod", title="Serve application", status=StageStatus(state=State.FAILED)
        ),
    )
    causes = tuple(
        Blockage(code=code, cause="it failed", object=ref, stage=name, scope="apps-prod")
        for code, name in ((CauseCode.INSTALL_FAILED, "deployer"), (CauseCode.CRASH_LOOP, "serve"))
    )
    environment = Environment(name="apps-prod", namespace="apps-prod", stages=stages, version="0.1.1")
    return Snapshot(
        taken_at=NOW + timedelta(seconds=seconds),
        workload=None,
        environments=(environment,),
        blockages=causes,
    )


def test_a_goal_that_is_not_found_yet_is_never_reached():
    snapshot = moment_of("second-run", 20)
    assert reached(snapshot, Goal(revision=FIRST, environments=("apps-dev",)))
    assert not reached(snapshot, Goal(environments=("apps-dev",), unresolved=True))


def test_until_the_commit_is_found_only_the_source_can_fail():
    def moment(kind, seconds):
        ref = ObjectRef("g/v1", kind, "default", "x")
        stage = Stage(
            name="a-stage",
            scope="supply-chain",
            title="A stage",
            object=ref,
            status=StageStatus(state=State.FAILED),
        )
        cause = Blockage(
            code=CauseCode.TEST_FAILED, cause="it failed", object=ref, stage="a-stage", scope="supply-chain"
        )
        git = ObjectRef("source.toolkit.fluxcd.io/v1", "GitRepository", "default", "x")
        source = Stage(
            name="source",
            scope="supply-chain",
            title="Fetch source",
            object=git,
            status=StageStatus(state=State.WORKING),
        )
        return Snapshot(
            taken_at=NOW + timedelta(seconds=seconds),
            workload=None,
            stages=(source, stage),
            blockages=(cause,),
        )

    for kind, ends in (("GitRepository", True), ("Runnable", False)):
        policy = OutcomePolicy(goal=Goal(unresolved=True))
        assert policy.step(moment(kind, 0)) is None
        assert (policy.step(moment(kind, 60)) is not None) is ends


def test_a_chain_that_begins_with_another_kind_fails_by_its_own_stages():
    run = ObjectRef("carto.run/v1alpha1", "Runnable", "default", "hello")
    stage = Stage(
        name="source-tester",
        scope="supply-chain",
        title="Test source",
        object=run,
        status=StageStatus(state=State.FAILED, since=NOW),
    )
    cause = Blockage(
        code=CauseCode.TEST_FAILED,
        cause="the test failed",
        object=run,
        stage="source-tester",
        scope="supply-chain",
    )
    workload = ObjectRef("carto.run/v1alpha1", "Workload", "default", "hello")
    policy = OutcomePolicy(goal=Goal(environments=("here",), unresolved=True))
    found = None
    for seconds in range(20):
        at = NOW + timedelta(seconds=seconds)
        found = found or policy.step(
            Snapshot(taken_at=at, workload=workload, stages=(stage,), blockages=(cause,))
        )
    assert found.blockage.code is CauseCode.TEST_FAILED


def test_a_part_that_is_pending_neither_ends_well_nor_fails():
    ready = moment_of("second-run", 20)
    goal = Goal(revision=FIRST, environments=("apps-dev",))
    for scope in ("supply-chain", "apps-dev"):
        assert not reached(replace(ready, pending=(scope,)), goal)
    policy = OutcomePolicy(goal=goal)
    failed = failing(ready, ready.package)
    for seconds in (0, 60, 120, 180):
        at = failed.taken_at + timedelta(seconds=seconds)
        assert policy.step(replace(failed, pending=("apps-dev",), taken_at=at)) is None


def test_a_flap_is_told_neither_as_failed_nor_as_blocked():
    for moments in (played("second-run").between(30, 95), played("fourth-run")):
        policy, told = OutcomePolicy(goal=Goal()), set()
        for _, snapshot in ticking(moments):
            policy.step(snapshot)
            calm = policy.without_flaps(snapshot)
            told |= {(stage.scope, stage.name) for stage in calm.all_stages if stage.state is State.FAILED}
            told |= {str(cause.code) for cause in calm.blockages}
        assert told == set()


def test_what_is_tried_again_is_told_as_waiting_until_it_ends_the_run():
    goal = Goal(revision=FIRST, deliver=False)
    policy, told = OutcomePolicy(goal=goal), []
    for _, snapshot in ticking(played("first-run").between(150, 260)):
        policy.step(snapshot)
        told += [
            cause.state
            for cause in policy.without_flaps(snapshot).blockages
            if cause.code is CauseCode.GIT_UNREACHABLE
        ]
    assert told
    assert set(told) == {State.WAITING}


def test_a_failure_that_stands_is_told_as_such():
    policy, told = OutcomePolicy(goal=Goal(revision=BROKEN, environments=("apps-dev",))), []
    for _, snapshot in ticking(played("second-run").between(270, 292)):
        policy.step(snapshot)
        told += [
            stage.state for stage in policy.without_flaps(snapshot).stages if stage.name == "source-tester"
        ]
    assert State.FAILED in told


def test_a_package_of_the_same_image_is_delivered_once_it_is_fetched():
    """Only the configuration has changed: the image is the same, and every stage is done for it."""
    ready, goal = moment_of("second-run", 20), Goal(revision=FIRST, environments=("apps-dev",))
    assert reached(ready, goal)
    repository = ready.package.partition("@")[0]
    assert not reached(replace(ready, package=f"{repository}@sha256:" + "0" * 64), goal)
    assert reached(replace(ready, package="elsewhere/x@sha256:" + "0" * 64), goal)


@pytest.mark.parametrize(
    ("any_version", "version", "ends"),
    [(True, "0.1.1", False), (True, "", True), (False, "0.1.1", True)],
)
def test_a_blocked_chain_keeps_no_version_that_is_there_from_its_environment(any_version, version, ends):
    workload = ObjectRef("carto.run/v1alpha1", "Workload", "default", "hello")
    cause = Blockage(
        code=CauseCode.NO_LABELS,
        cause="no blueprint can match it",
        object=workload,
        stage="",
        scope="supply-chain",
    )
    stage = Stage(
        name="serve", scope="here", title="Serve application", status=StageStatus(state=State.WORKING)
    )
    there = Environment(name="here", namespace="here", stages=(stage,), version=version)
    policy = OutcomePolicy(goal=Goal(environments=("here",), unresolved=True, any_version=any_version))
    found = None
    for seconds in range(60):
        at = NOW + timedelta(seconds=seconds)
        found = found or policy.step(
            Snapshot(taken_at=at, workload=workload, environments=(there,), blockages=(cause,))
        )
    assert (found is not None) is ends
