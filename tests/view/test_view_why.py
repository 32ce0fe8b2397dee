"""The screens of why, trace and doctor at three widths, plain and as JSON, kept as golden files."""

from __future__ import annotations

import json

import pytest
from shared_traces import NAMES, recorded

from pkgops.flows import doctor as checks
from pkgops.flows import replay, trace
from pkgops.model import Blockage, CauseCode, Evidence, ObjectRef
from pkgops.view import doctor as doctor_view
from pkgops.view import trace as trace_view
from pkgops.view import why as why_view

WIDTHS = (60, 80, 120)
MOMENTS = [
    ("first-run", 60),
    ("first-run", 190),
    ("first-run", 600),
    ("first-run", 780),
    ("first-run", 1300),
    ("first-run", 1476),
    ("second-run", 50),
    ("second-run", 150),
    ("second-run", 285),
    ("second-run", 380),
]


@pytest.fixture(scope="module")
def recordings():
    return {name: recorded(name) for name in NAMES}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("name", "seconds"), MOMENTS)
def test_why(recordings, golden, name, seconds, width):
    moment = replay.moment(recordings[name], seconds)
    shown = why_view.report(moment.name, moment.snapshot, moment.snapshot.blockages, width)
    assert max(map(len, shown.splitlines())) <= width
    golden(f"why-{name}-{seconds}-{width}.txt", shown)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_log_is_told_to_the_end_of_its_lines(recordings, width):
    moment = replay.moment(recordings["first-run"], 600)
    line = f"[ERROR] {'a long way to say ' * 12}that the target 5 is too old"
    fact = Evidence("log", ObjectRef("v1", "Pod", "default", "test"), f"{line}\n\n{'x' * 9000}")
    cause = Blockage(code=CauseCode.TEST_FAILED, cause="it failed", object=None, evidence=(fact,))
    rows = [
        row.removeprefix("  | ")
        for row in why_view.report("shop", moment.snapshot, (cause,), width).splitlines()
        if row.startswith("  |")
    ]
    told = "".join(rows)
    assert told.startswith(line)
    assert "" in rows
    # One that is no sentence is cut, and no row is wider than the terminal.
    assert len(told) < len(line) + 1000
    assert told.endswith("…")
    assert max(map(len, rows)) <= width - 4


@pytest.mark.parametrize(("name", "seconds"), [("first-run", 1476), ("second-run", 150), ("second-run", 285)])
def test_why_json(recordings, golden, name, seconds):
    moment = replay.moment(recordings[name], seconds)
    shown = why_view.document(moment.name, moment.snapshot, moment.snapshot.blockages)
    assert json.loads(shown)["healthy"] is not bool(moment.snapshot.blockages)
    golden(f"why-{name}-{seconds}.json", shown)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("name", "seconds"), [("first-run", 1476), ("second-run", 349)])
def test_trace(recordings, golden, name, seconds, width):
    moment = replay.moment(recordings[name], seconds)
    found = trace.of_tracker(moment.tracker, moment.name, moment.snapshot.taken_at, trace.recorded({}))
    shown = trace_view.report(found.name, found.chains, width)
    assert max(map(len, shown.splitlines())) <= width
    golden(f"trace-{name}-{seconds}-{width}.txt", shown)


def test_trace_json(recordings, golden):
    moment = replay.moment(recordings["second-run"], 349)
    found = trace.of_tracker(moment.tracker, moment.name, moment.snapshot.taken_at, trace.recorded({}))
    golden("trace-second-run-349.json", trace_view.document(found.name, found.chains))


CHECKS = (
    checks.Check(name="reach", result=checks.Result.OK, message="the API server answers: Kubernetes v1.34.4"),
    checks.Check(
        name="lint duration-not-normal",
        result=checks.Result.FAILED,
        message="syncPeriod 3m is rewritten to 3m0s by kapp-controller, and back, without end",
        fix="apply the diff",
        object=ObjectRef("carto.run/v1alpha1", "ClusterDeploymentTemplate", "", "install"),
        diff="--- now\n+++ corrected\n@@ -1 +1 @@\n-      syncPeriod: 3m\n+      syncPeriod: 3m0s",
    ),
    checks.Check(
        name="secrets",
        result=checks.Result.WARNING,
        message="secret registry-credentials is missing in apps-dev",
        fix="pkgops supplychain up",
    ),
    checks.Check(
        name="controllers",
        result=checks.Result.UNKNOWN,
        message="source-controller: there is no GitRepository yet to check it by",
    ),
)


@pytest.mark.parametrize("width", WIDTHS)
def test_doctor(golden, width):
    shown = doctor_view.report("context team", CHECKS, width)
    assert max(map(len, shown.splitlines())) <= width
    golden(f"doctor-{width}.txt", shown)


def test_doctor_json(golden):
    golden("doctor.json", doctor_view.document("context team", CHECKS))
