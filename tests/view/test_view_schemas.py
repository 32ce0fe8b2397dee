"""What is printed as JSON fits the published schemas."""

from __future__ import annotations

import json
from functools import cache
from io import StringIO
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from shared_traces import NAMES, recorded

from pkgops.flows import replay, trace
from pkgops.model import CauseCode
from pkgops.view import snapshots, status, timeline
from pkgops.view import trace as trace_view
from pkgops.view import why as why_view
from pkgops.view.lines import LineProgress

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = ROOT / "docs" / "reference" / "schemas"
GOLDEN = ROOT / "tests" / "data" / "golden"
MOMENTS = [("first-run", s) for s in (0, 60, 600, 1300, 1476)] + [
    ("second-run", s) for s in (0.2, 50, 150, 285, 352)
]


@cache
def validator(name):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def check(name, document):
    errors = sorted(validator(name).iter_errors(json.loads(document)), key=str)
    assert [error.message for error in errors] == []


@pytest.fixture(scope="module")
def recordings():
    return {name: recorded(name) for name in NAMES}


@pytest.mark.parametrize(("name", "seconds"), MOMENTS)
def test_moments(recordings, name, seconds):
    moment = replay.moment(recordings[name], seconds)
    snapshot = moment.snapshot
    check("why", why_view.document(moment.name, snapshot, snapshot.blockages))
    check("status", status.document([snapshot]))
    check("snapshot", snapshots.document(snapshot))
    check("timeline", timeline.document(moment.tracker.timeline(snapshot)))
    found = trace.of_tracker(moment.tracker, moment.name, snapshot.taken_at, trace.recorded({}))
    check("trace", trace_view.document(found.name, found.chains))


@pytest.mark.parametrize("name", ["doctor", "status"])
def test_golden_documents(name):
    check(name, (GOLDEN / f"{name}.json").read_text())


def test_progress_lines(recordings):
    found = recordings["second-run"]
    out = StringIO()
    progress = LineProgress(out, found.began, as_json=True)
    for snapshot in replay.play(found):
        progress.snapshot(snapshot)
    lines = out.getvalue().splitlines()
    assert len(lines) > 50
    for line in lines:
        check("event", line)
    stages = [found for found in map(json.loads, lines) if found["type"] == "stage"]
    assert stages
    assert all(found["stage"] for found in stages)


def test_every_code_is_in_the_schema_and_in_the_documentation():
    schema = json.loads((SCHEMAS / "why.schema.json").read_text())
    assert set(schema["$defs"]["blockage"]["properties"]["code"]["enum"]) == {str(code) for code in CauseCode}
    text = (ROOT / "docs" / "why.md").read_text()
    assert [str(code) for code in CauseCode if f"`{code}`" not in text] == []
