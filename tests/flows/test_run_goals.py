"""What a run is to reach: for which commit, version, image and environments everything is done."""

from __future__ import annotations

import pytest
from snapshot_kit import CHAIN, IMAGE, ONE, OTHER, TWO, cause, environment, snapshot, stage

from pkgops.flows.run import goal as goals
from pkgops.flows.run.goal import Goal
from pkgops.model import CauseCode, Output, State

ALL = snapshot()
LAGS = stage(current=False)
PUSHED = "r/app-pkg@sha256:" + "11" * 32
BEFORE = "r/app-pkg@sha256:" + "22" * 32
ELSEWHERE = "r/other-pkg@sha256:" + "22" * 32


@pytest.mark.parametrize(
    ("found", "goal", "reached"),
    [
        (ALL, Goal(), True),
        (ALL, Goal(revision=ONE), True),
        (ALL, Goal(revision=ONE[:8]), True),
        (ALL, Goal(revision=TWO), False),
        (ALL, Goal(unresolved=True), False),
        # Stages: all of them, and for their newest inputs.
        (snapshot(stage(), stage(State.WORKING)), Goal(), False),
        (snapshot(stage(), stage(State.FAILED)), Goal(), False),
        (snapshot(stage(), stage(State.UNKNOWN)), Goal(), False),
        (snapshot(stage(), LAGS), Goal(), False),
        (snapshot(environments=[environment(state=State.WORKING)]), Goal(), False),
        (snapshot(environments=[environment(state=State.WORKING)]), Goal(deliver=False), True),
        # Nothing known is nothing reached.
        (snapshot(environments=[], stages=()), Goal(), False),
        # Environments: those that are named, or all.
        (snapshot(environments=[environment(), environment("prod", State.WORKING)]), Goal(), False),
        (
            snapshot(environments=[environment(), environment("prod", State.WORKING)]),
            Goal(environments=("dev",)),
            True,
        ),
        (ALL, Goal(environments=("dev", "prod")), False),
        (ALL, Goal(environments=("prod",), deliver=False), True),
        (snapshot(environments=[]), Goal(), True),
        (snapshot(environments=[]), Goal(environments=("dev",)), False),
        # What runs is of this commit, or the same image.
        (snapshot(environments=[environment(revision=TWO)]), Goal(revision=ONE), True),
        (snapshot(environments=[environment(revision=TWO, image=OTHER)]), Goal(revision=ONE), False),
        (snapshot(environments=[environment(image=OTHER)]), Goal(revision=ONE), True),
        (snapshot(environments=[environment(image="")]), Goal(), False),
        (snapshot(environments=[environment(stale=True)]), Goal(), False),
        # A pinned environment follows nothing, unless a commit is waited for.
        (snapshot(environments=[environment(pinned="0.1.1", stale=True)]), Goal(), True),
        (snapshot(environments=[environment(pinned="0.1.1", image="")]), Goal(), False),
        (snapshot(environments=[environment(pinned="0.1.1", stale=True)]), Goal(revision=ONE), False),
        # A version is installed or not, whatever the supply chain does.
        (ALL, Goal(version="0.1.1", environments=("dev",)), True),
        (ALL, Goal(version="0.1.2", environments=("dev",)), False),
        (snapshot(stage(State.WORKING)), Goal(version="0.1.1", environments=("dev",)), True),
        (snapshot(stage(State.WORKING)), Goal(version="0.1.1", revision=ONE, environments=("dev",)), False),
        # The image that was promised.
        (ALL, Goal(image=IMAGE), True),
        (ALL, Goal(image=OTHER), False),
        (ALL, Goal(image="r/app:latest"), True),
        # The package that was pushed last, where the environment fetches that one.
        (snapshot(environments=[environment(package=BEFORE)], package=PUSHED), Goal(), False),
        (snapshot(environments=[environment(package=PUSHED)], package=PUSHED), Goal(), True),
        (snapshot(environments=[environment(package=ELSEWHERE)], package=PUSHED), Goal(), True),
        (snapshot(environments=[environment(package=BEFORE)], package=PUSHED), Goal(version="0.1.1"), True),
        (snapshot(environments=[environment(package="")], package=PUSHED), Goal(), True),
        # What Cartographer has not taken up belongs to the spec before.
        (snapshot(pending=(CHAIN,)), Goal(), False),
        (snapshot(pending=("prod",)), Goal(environments=("dev",)), True),
        (snapshot(pending=(CHAIN,)), Goal(version="0.1.1"), True),
        (snapshot(pending=("dev",)), Goal(deliver=False), True),
    ],
)  # fmt: skip
def test_a_goal_is_reached_or_not(found, goal, reached):
    assert goals.reached(found, goal) is reached


def unread(scope, code=CauseCode.MAY_NOT_READ):
    return snapshot(blockages=(cause(code, State.UNKNOWN, scope, ""),))


@pytest.mark.parametrize(
    ("found", "goal", "unknown"),
    [
        (unread(CHAIN), Goal(), True),
        (unread("dev"), Goal(), True),
        (unread("prod"), Goal(environments=("dev",)), False),
        (unread("dev"), Goal(deliver=False), False),
        (unread("prod"), Goal(environments=("prod",)), True),
        (unread(CHAIN), Goal(version="0.1.1", environments=("dev",)), False),
        # What is not listed yet will be in a moment.
        (unread(CHAIN, CauseCode.NOT_LISTED), Goal(), False),
        (snapshot(blockages=(cause(),)), Goal(), False),
    ],
)
def test_what_a_goal_depends_on_and_cannot_be_read(found, goal, unknown):
    assert (goals.unknown(found, goal) is not None) is unknown
    if unknown:
        assert not goals.reached(found, goal)


@pytest.mark.parametrize(
    ("versions", "goal", "has"),
    [
        ({"dev": "0.1.1"}, Goal(), True),
        ({"dev": ""}, Goal(), False),
        ({}, Goal(), False),
        ({"dev": "0.1.1", "prod": ""}, Goal(environments=("dev",)), True),
        ({"dev": "0.1.1"}, Goal(environments=("dev", "prod")), False),
        ({"dev": "0.1.1"}, Goal(deliver=False), False),
    ],
)
def test_whether_each_environment_has_a_version(versions, goal, has):
    found = snapshot(environments=[environment(name, version=version) for name, version in versions.items()])
    assert goals.has_versions(found, goal) is has


def test_the_environments_that_run_another_image_than_the_promised_one():
    found = snapshot(environments=[environment(), environment("prod", image=OTHER)])
    assert [env.name for env in goals.other_images(found, Goal(image=IMAGE))] == ["prod"]
    assert goals.other_images(found, Goal(image=IMAGE, environments=("dev",))) == []
    assert goals.other_images(found, Goal()) == []


@pytest.mark.parametrize(
    ("goal", "awaited", "scopes"),
    [
        (Goal(), ["test", "build", "serve"], {CHAIN, "dev"}),
        (Goal(deliver=False), ["test", "build"], {CHAIN}),
        (Goal(version="0.1.1"), ["serve"], {"dev"}),
        (Goal(version="0.1.1", revision=ONE), ["test", "build", "serve"], {CHAIN, "dev"}),
        (Goal(environments=("prod",)), ["test", "build"], {CHAIN}),
    ],
)
def test_the_stages_and_parts_that_count(goal, awaited, scopes):
    assert [one.name for one in goals.awaited(ALL, goal)] == awaited
    assert goals.scopes(ALL, goal) == scopes


@pytest.mark.parametrize(("tag", "has"), [("v0.1.1", True), ("", False)])
def test_a_version_that_is_chosen_and_not_yet_installed_is_there(tag, has):
    choose = stage(State.DONE, "choose", "dev", output=Output(tag=tag))
    found = snapshot(environments=[environment(version="", stages=(choose,))])
    assert goals.has_versions(found, Goal(environments=("dev",), any_version=True)) is has
