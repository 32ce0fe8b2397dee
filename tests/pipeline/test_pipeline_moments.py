"""The table of moments: at each point where a recorded run was blocked or failed, the cause is named."""

from __future__ import annotations

import pytest

from pkgops.flows import replay
from pkgops.model import CauseCode, State, Verdict

WORKLOAD = "hello-go-web2pkg"
DELIVERABLE = "hello-go-from-pkg-deliverable"
PUSH = f"{WORKLOAD}-imgpkg-bundle"

# recording, seconds, code of the deepest cause (None: nothing blocks), object, words of the cause
MOMENTS = [
    # the source controller is not running yet
    ("first-run", 40, CauseCode.CONTROLLER_SILENT, f"gitrepository/{WORKLOAD}", "source-controller"),
    ("first-run", 150, CauseCode.CONTROLLER_SILENT, f"gitrepository/{WORKLOAD}", "source-controller"),
    # the Git server answers 500; between two tries, and while one is under way
    ("first-run", 152.3, CauseCode.GIT_UNREACHABLE, f"gitrepository/{WORKLOAD}", "status code: 500"),
    ("first-run", 156.75, CauseCode.GIT_UNREACHABLE, f"gitrepository/{WORKLOAD}", "status code: 500"),
    ("first-run", 190, CauseCode.GIT_UNREACHABLE, f"gitrepository/{WORKLOAD}", "status code: 500"),
    ("first-run", 220.05, CauseCode.GIT_UNREACHABLE, f"gitrepository/{WORKLOAD}", "status code: 500"),
    # Cartographer cannot watch what it stamped: fetched, and nobody notices
    (
        "first-run",
        245,
        CauseCode.NOT_NOTICED,
        f"gitrepository/{WORKLOAD}",
        "cartographer-controller has not reconciled since",
    ),
    (
        "first-run",
        330,
        CauseCode.NOT_NOTICED,
        f"gitrepository/{WORKLOAD}",
        "cartographer-controller has not reconciled since",
    ),
    # tested, and again nobody notices, until Cartographer is restarted at 536
    (
        "first-run",
        380,
        CauseCode.NOT_NOTICED,
        f"runnable/{WORKLOAD}",
        "cartographer-controller has not reconciled since",
    ),
    (
        "first-run",
        535,
        CauseCode.NOT_NOTICED,
        f"runnable/{WORKLOAD}",
        "cartographer-controller has not reconciled since",
    ),
    # the build cannot start
    ("first-run", 540.5, CauseCode.BUILD_FAILED, f"build/{WORKLOAD}-build-1", "prepare"),
    ("first-run", 600, CauseCode.BUILD_FAILED, f"build/{WORKLOAD}-build-1", "build-init"),
    ("first-run", 700, CauseCode.BUILD_FAILED, f"build/{WORKLOAD}-build-1", "build-init"),
    # the second build is healthy; only the fight in the environment is left to name
    ("first-run", 750, CauseCode.GENERATION_FIGHT, f"packageinstall/{DELIVERABLE}", "syncPeriod 3m"),
    # the ConfigMap exists now, kubelet has not tried again yet
    ("first-run", 775, CauseCode.MOUNT_WAITING, f"pod/{PUSH}-imgpkg-push-package-rbhgw-pod", "tries again"),
    ("first-run", 787, CauseCode.MOUNT_WAITING, f"pod/{PUSH}-imgpkg-push-package-rbhgw-pod", "tries again"),
    # an init container that cannot start
    (
        "first-run",
        792,
        CauseCode.INIT_CONTAINER_FAILED,
        f"taskrun/{PUSH}-imgpkg-push-package-rbhgw",
        "place-scripts",
    ),
    (
        "first-run",
        990,
        CauseCode.INIT_CONTAINER_FAILED,
        f"taskrun/{PUSH}-imgpkg-push-package-rbhgw",
        "StartError",
    ),
    # two controllers fight over syncPeriod, to the end
    ("first-run", 998, CauseCode.GENERATION_FIGHT, f"packageinstall/{DELIVERABLE}", "3m"),
    ("first-run", 1090, CauseCode.GENERATION_FIGHT, f"packageinstall/{DELIVERABLE}", "rising"),
    ("first-run", 1300, CauseCode.GENERATION_FIGHT, f"packageinstall/{DELIVERABLE}", "rising"),
    ("first-run", 1464, CauseCode.GENERATION_FIGHT, f"packageinstall/{DELIVERABLE}", "rising"),
    # its end
    ("first-run", 1467, None, "", ""),
    ("first-run", 1476.4, None, "", ""),
    # a healthy start, a promotion with its flap, a second commit under way
    ("second-run", 1, None, "", ""),
    ("second-run", 31.2, None, "", ""),
    ("second-run", 37.5, None, "", ""),
    ("second-run", 39.5, None, "", ""),
    ("second-run", 50, None, "", ""),
    ("second-run", 80, None, "", ""),
    ("second-run", 96, None, "", ""),
    # built, and never packaged
    ("second-run", 101, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
    ("second-run", 150, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
    ("second-run", 250, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
    ("second-run", 260, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
    # a failing test, while the Workload says Ready=True
    ("second-run", 279.6, CauseCode.TEST_FAILED, f"taskrun/{WORKLOAD}-test-golang-gzsbl", "a467a70"),
    ("second-run", 290, CauseCode.TEST_FAILED, f"taskrun/{WORKLOAD}-test-golang-gzsbl", "exited with code 1"),
    # its revert is tested and built, and still not packaged
    ("second-run", 300, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
    ("second-run", 330, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
    ("second-run", 350, CauseCode.STALE_PACKAGE, f"runnable/{PUSH}", "never packaged"),
]


@pytest.mark.parametrize(("name", "seconds", "code", "obj", "words"), MOMENTS)
def test_cause(recording_of, name, seconds, code, obj, words):
    snapshot = replay.at(recording_of(name), seconds)
    found = snapshot.blockage
    if code is None:
        assert found is None, found
        return
    assert found is not None
    assert (found.code, str(found.object)) == (code, obj)
    assert words in found.cause
    assert found.next
    assert found.evidence or code in (CauseCode.CONTROLLER_SILENT, CauseCode.NOT_NOTICED)


def test_the_table_has_enough_moments():
    assert len([moment for moment in MOMENTS if moment[2]]) >= 25


@pytest.mark.parametrize("seconds", [280, 285, 290.5])
def test_a_failing_test_does_not_hide_the_stale_package(second_run, seconds):
    codes = [blockage.code for blockage in replay.at(second_run, seconds).blockages]
    assert codes == [CauseCode.TEST_FAILED, CauseCode.STALE_PACKAGE]


@pytest.mark.parametrize("seconds", [60, 260, 400, 600, 800])
def test_the_fight_is_named_beside_the_deeper_cause(first_run, seconds):
    codes = [blockage.code for blockage in replay.at(first_run, seconds).blockages]
    assert codes[1:] == [CauseCode.GENERATION_FIGHT]


def test_after_a_push_without_a_scan_the_registry_has_not_been_looked_at(first_run):
    found = [
        blockage
        for blockage in replay.at(first_run, 1040).blockages
        if blockage.code is CauseCode.NOT_NOTICED
    ]
    assert [str(blockage.object) for blockage in found] == [f"imagerepository/{DELIVERABLE}"]
    assert "requestedAt" in found[0].next


# Healthy phases: nothing in them is failed, at any event.
HEALTHY = [
    ("first-run", 741.6, 771.4, "supply-chain"),
    ("first-run", 332.2, 356.8, "supply-chain"),
    ("first-run", 995.7, 1002, "supply-chain"),
    ("first-run", 1048.7, 1077, "supply-chain"),
    ("first-run", 1466.4, 1477, ""),
    ("second-run", 0.2, 98, ""),
]


@pytest.mark.parametrize(("name", "begin", "end", "scope"), HEALTHY)
def test_no_healthy_moment_is_called_failed(played, name, begin, end, scope):
    moments = list(played(name).between(begin, end))
    assert moments
    for seconds, snapshot in moments:
        stages = [stage for stage in snapshot.all_stages if not scope or stage.scope == scope]
        assert [stage for stage in stages if stage.state == "failed"] == [], seconds
        blocked = [b for b in snapshot.blockages if b.state == "failed" and (not scope or b.scope == scope)]
        assert blocked == [], seconds


def test_the_end_of_the_first_run_is_ready(first_run):
    end = replay.at(first_run, first_run.length)
    assert end.verdict is Verdict.READY
    assert [env.verdict for env in end.environments] == [Verdict.READY]
    assert end.environments[0].note.startswith("no networking layer")


def test_the_second_run_is_stale_from_its_second_build_on(played):
    """All but the seconds of grace after each change of the configuration, to the clean-up."""
    grace = [(94, 101), (338, 345)]
    judged = [
        (seconds, snapshot)
        for seconds, snapshot in played("second-run").between(101, 350.6)
        if not any(begin <= seconds <= end for begin, end in grace)
    ]
    assert len(judged) > 100
    for seconds, snapshot in judged:
        assert CauseCode.STALE_PACKAGE in {blockage.code for blockage in snapshot.blockages}, seconds
        assert snapshot.verdict in (Verdict.STALE, Verdict.FAILED)
        assert all(env.stale for env in snapshot.environments)


def test_cleaned_up_is_absent(second_run):
    assert replay.at(second_run, second_run.length).verdict is Verdict.ABSENT


def test_ready_true_from_before_the_push_is_not_success(second_run):
    """The Workload says Ready=True all the time; the stages carry the revisions."""
    during = replay.at(second_run, 60)
    assert during.verdict is Verdict.WORKING
    assert during.revision.endswith("3d862503ae1d657bfc18925c10652e641d23bba8")
    assert during.image_revision.endswith("9b0079e312a65dc55050281443af8f26a09fa0a4")
    built = {stage.name: stage for stage in during.stages}["image-builder"]
    assert not built.current
    assert built.waits_for == "source-tester"


def test_an_environment_says_version_commit_and_image(second_run):
    env = replay.at(second_run, 20).environments[0]
    assert env.version == "0.1.1795369841"
    assert env.image.endswith("3dda35a9f6352074f53e01af679414b80a7ccdc0cd09acb336c55f334fdc2590")
    assert env.revision == "master@sha1:9b0079e312a65dc55050281443af8f26a09fa0a4"
    assert not env.stale


def test_a_pod_that_is_shown_tells_of_its_containers_and_not_that_it_waits_for_itself(played):
    shown = [
        stage
        for _, snapshot in played("fourth-run")
        for stage in snapshot.all_stages
        if stage.leaf is not None and stage.leaf.kind == "Pod"
    ]
    assert {stage.waits_for for stage in shown if stage.state is State.WORKING} == {""}
    assert "container place-scripts is next" in {stage.message for stage in shown}
