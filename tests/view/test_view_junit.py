"""JUnit: what passes, what is skipped, what fails, and the counts that a CI system shows."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
import view_snapshots as snapshots

from pkgops.model import Blockage, CauseCode, Evidence, State
from pkgops.values import replace
from pkgops.view import junit

OLD = "main@sha1:" + "2bcb94da" * 5


def stage(state, **more):
    current = more.pop("current", True)
    made = snapshots.stage("image-builder", "Build image", "kpack", state, **more)
    return made.with_status(current=current)


def suites(*stages, blockages=(), environments=()):
    found = snapshots.snapshot(stages, environments, blockages=tuple(blockages))
    return ElementTree.fromstring(junit.document(found))


def cause(text="it broke", state=State.FAILED, stage="image-builder", scope="supply-chain", **more):
    return Blockage(
        code=CauseCode.BUILD_FAILED, cause=text, object=None, stage=stage, scope=scope, state=state, **more
    )


@pytest.mark.parametrize(
    ("found", "blockages", "outcome"),
    [
        (stage(State.DONE), [], None),
        (stage(State.DONE, still=OLD), [], ("skipped", "still 2bcb94da")),
        (stage(State.DONE, current=False), [], ("skipped", "done")),
        (stage(State.WORKING, message="step 1"), [], ("skipped", "working: step 1")),
        (stage(State.WAITING, waits_for="source-tester"), [], ("skipped", "waiting for source-tester")),
        (stage(State.UNKNOWN), [], ("skipped", "unknown")),
        (stage(State.FAILED, message="exit 51"), [], ("failure", "exit 51")),
        (stage(State.FAILED, message="exit 51"), [cause()], ("failure", "it broke")),
        (stage(State.WORKING), [cause()], ("failure", "it broke")),
        (stage(State.WORKING), [cause(state=State.WAITING)], ("skipped", "working")),
        (stage(State.DONE), [cause(state=State.UNKNOWN)], None),
        (stage(State.DONE), [cause(stage="source-tester")], None),
        (stage(State.DONE), [cause(scope="apps-dev")], None),
    ],
)
def test_the_outcome_of_a_stage(found, blockages, outcome):
    case = next(suites(found, blockages=blockages).iter("testcase"))
    told = [(child.tag, child.get("message")) for child in case]
    assert told == ([outcome] if outcome else [])


@pytest.mark.parametrize(
    ("more", "time"),
    [
        ({"since": snapshots.at(2), "until": snapshots.at(4)}, "2.000"),
        ({"since": snapshots.at(4)}, "30.000"),
        ({}, "0"),
        ({"since": snapshots.at(2), "until": snapshots.at(4), "still": OLD}, "0"),
    ],
)
def test_how_long_a_stage_took_for_what_is_followed(more, time):
    assert next(suites(stage(State.DONE, **more)).iter("testcase")).get("time") == time


def test_a_suite_a_part_each_with_its_counts():
    broken = snapshots.served().stages[0].with_status(state=State.FAILED)
    root = suites(
        stage(State.DONE),
        stage(State.WORKING),
        stage(State.FAILED),
        environments=(replace(snapshots.served(), stages=(broken,)),),
    )
    counts = ("name", "tests", "failures", "skipped")
    assert [tuple(suite.get(name) for name in counts) for suite in root] == [
        ("supply-chain", "3", "1", "1"),
        ("apps-dev", "1", "1", "0"),
    ]
    assert [root.get(name) for name in counts[1:]] == ["4", "2", "1"]


def test_a_cause_of_no_stage_fails_a_case_of_its_own():
    root = suites(stage(State.DONE), blockages=[cause(stage="", scope="", next="pkgops doctor")])
    (case,) = root.find("testsuite[@name='pipeline']")
    assert (case.get("name"), root.get("failures")) == ("build-failed", "1")
    assert case.find("failure").text == "it broke\nnext: pkgops doctor"


@pytest.mark.parametrize("state", [State.WAITING, State.UNKNOWN])
def test_what_may_yet_come_fails_nothing(state):
    assert suites(stage(State.DONE), blockages=[cause(stage="", state=state)]).get("failures") == "0"


def test_a_failure_has_every_cause_with_its_evidence():
    facts = (
        Evidence("log", snapshots.ref("Pod", "p"), "exit 1\n\x1b[31mFAIL"),
        Evidence("field", None, "x is 1"),
    )
    root = suites(
        stage(State.FAILED), blockages=[cause(evidence=facts, next="pkgops logs"), cause("another")]
    )
    failure = next(root.iter("failure"))
    assert failure.get("type") == "build-failed"
    assert failure.text.splitlines() == [
        "it broke",
        "log pod/p: exit 1",
        "?[31mFAIL",
        "field : x is 1",
        "next: pkgops logs",
        "another",
    ]
