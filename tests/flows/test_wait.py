"""A wait ends with the truth about its own commit, and not before."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from shared_traces import played

from pkgops.errors import Exit
from pkgops.flows import wait
from pkgops.model import Blockage, Code, ObjectRef, State, Verdict

FIRST = "9b0079e312a65dc55050281443af8f26a09fa0a4"
SECOND = "3d862503ae1d657bfc18925c10652e641d23bba8"
BROKEN = "a467a7016a151b06fa9932694317c43c9cb92e57"


def ended(name, begin, goal, **settings):
    """When a wait that begins at a moment ends, and how."""
    judge = wait.Judge(goal, **settings)
    for seconds, snapshot in ticking(played(name)):
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
    seconds, outcome = ended("second-run", 5, wait.Goal(FIRST, ("apps-dev",)))
    assert outcome.verdict is Verdict.READY
    assert seconds < 31


def test_ready_true_right_after_a_push_ends_nothing():
    """The Workload is Ready=True all through; the commit is tested, built, and never packaged."""
    seconds, outcome = ended("second-run", 38, wait.Goal(SECOND, ("apps-dev",)))
    assert (outcome.verdict, outcome.blockage.code) == (Verdict.STALE, Code.STALE_PACKAGE)
    assert 99 <= seconds < 125
    assert wait.failure(outcome).exit_code == Exit.FAILED


def test_a_failing_test_of_the_commit_ends_the_wait():
    seconds, outcome = ended("second-run", 253.5, wait.Goal(BROKEN, ("apps-dev",)))
    assert 279 < seconds < 292
    assert outcome.blockage.code is Code.TEST_FAILED


def test_the_same_wait_again_gives_the_same_answer():
    goal = wait.Goal(SECOND, ("apps-dev",))
    assert [ended("second-run", begin, goal)[1].verdict for begin in (130, 180, 240)] == [Verdict.STALE] * 3


def test_only_the_supply_chain():
    """Built and pushed counts, whatever the environments do."""
    _, outcome = ended("first-run", 1100, wait.Goal(FIRST, deliver=False))
    assert outcome.verdict is Verdict.READY


def test_a_promotion_ends_when_that_version_runs():
    goal = wait.Goal(environments=("apps-prod",), version="0.1.1795369841")
    seconds, outcome = ended("second-run", 30, goal)
    assert outcome.verdict is Verdict.READY
    assert 39 < seconds < 41


def test_a_flap_is_not_a_failure():
    """The Deliverable is False for two seconds on its first delivery."""
    _, outcome = ended("second-run", 30, wait.Goal(environments=("apps-prod",), version="0.1.1795369841"))
    assert outcome.blockage is None


def test_what_controllers_try_again_gets_time():
    """The Git server was down for a minute: that ends no wait that would have reached its goal."""
    goal = wait.Goal(FIRST, deliver=False)
    seconds, outcome = ended("first-run", 150, goal)
    assert seconds > 530
    assert outcome.blockage.code is Code.BUILD_FAILED


def test_the_truth_of_a_fight_is_told():
    _, outcome = ended("first-run", 1100, wait.Goal(FIRST, ("apps-dev",)))
    assert outcome.blockage.code is Code.GENERATION_FIGHT


@pytest.mark.parametrize("environment", ["apps-prod", "apps-nowhere"])
def test_an_environment_without_a_deliverable_is_not_reached(environment):
    snapshot = played("second-run")[40][1]
    assert not wait.reached(snapshot, wait.Goal(FIRST, (environment,)))


def failing(snapshot, package):
    """The same run with an environment whose App failed, having fetched ``package``."""
    (env, *others) = snapshot.environments
    ref = ObjectRef("kappctrl.k14s.io/v1alpha1", "App", "apps-dev", "x")
    cause = Blockage(Code.INSTALL_FAILED, "it failed", ref, "deployer", env.name)
    broken = tuple(replace(stage, state=State.FAILED) for stage in env.stages)
    env = replace(env, stages=broken)
    return replace(
        snapshot,
        environments=(replace(env, package=package), *others),
        blockages=(cause,),
        stages=tuple(replace(stage, state=State.DONE, current=True) for stage in snapshot.stages),
    )


def test_a_failure_of_the_package_before_does_not_end_a_wait_for_its_fix():
    healthy = played("first-run")[-1][1]
    old = failing(healthy, "r/x@sha256:" + "0" * 64)
    judge = wait.Judge(wait.Goal(FIRST, ("apps-dev",)))
    for seconds in range(0, 300, 10):
        moment = replace(old, taken_at=old.taken_at + timedelta(seconds=seconds))
        assert judge.step(moment) is None


def test_a_failure_of_the_own_package_does():
    healthy = played("first-run")[-1][1]
    own = failing(healthy, healthy.package)
    judge = wait.Judge(wait.Goal(FIRST, ("apps-dev",)))
    outcomes = [judge.step(replace(own, taken_at=own.taken_at + timedelta(seconds=s))) for s in (0, 60, 120)]
    assert outcomes[:2] == [None, None]
    assert outcomes[2].blockage.code is Code.INSTALL_FAILED
