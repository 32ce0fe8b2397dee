"""What is kept of changes, verifications and gates, as text and as documents that fit their schemas."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from pathlib import Path

import pytest
import view_snapshots as snapshots
from jsonschema import Draft202012Validator

from pkgops.view import gates, history, verification

SCHEMAS = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
EAST = timezone(timedelta(hours=9))


def valid(name, document):
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    found = json.loads(document)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(found)] == []
    return found


def release(version="0.1.2", revision=snapshots.COMMIT):
    return {
        "version": version,
        "image": snapshots.IMAGE,
        "revision": revision,
        "pinned": version,
        "package": "",
        "ops": "",
        "healthy": True,
    }


def gate(overridden=""):
    return {"gate": "age", "type": "age", "state": "fail", "evidence": "2 hours", "overridden": overridden}


def change(second=60, action="promote", **more):
    values = {
        "record": f"pkgops-{second}",
        "action": action,
        "when": snapshots.at(second).astimezone(EAST),
        "by": "ann",
        "seconds": 65.0,
        "before": release("0.1.1", ""),
        "after": release(),
        "result": "succeeded",
        "message": "",
    }
    return history.Row(**{**values, **more})


def came(second, version="0.1.3", revision=""):
    return history.Rollout(
        when=snapshots.at(second),
        object="hello-00002",
        version=version,
        image=snapshots.IMAGE,
        revision=revision,
    )


def rows(*pasts):
    """The rows of the table without their heading, each as its cells."""
    lines = [line for line in history.table(pasts).splitlines()[1:] if line.startswith("apps-")]
    return [
        [cell.strip() for cell in line.split("   ") if cell.strip()] for line in lines if ": " not in line
    ]


def notes(*pasts):
    return [line for line in history.table(pasts).splitlines() if line.startswith("apps-prod: ")]


def test_a_change_has_its_moment_in_utc_what_came_who_did_it_and_its_end():
    assert rows(history.Past(environment="apps-prod", rows=(change(),))) == [
        [
            "apps-prod",
            "2026-11-22 12:01:00Z",
            "promote",
            "0.1.1",
            "0.1.2",
            "1a2b3c4d",
            "ann",
            "1m05s",
            "succeeded",
        ]
    ]


def test_what_is_not_known_of_a_change_is_a_dash():
    unknown = change(by="", seconds=None, before=release("", ""), after=release("", ""), result="planned")
    assert rows(history.Past(environment="apps-prod", rows=(unknown,)))[0][2:] == [
        "promote",
        *"-----",
        "planned",
    ]


def test_the_newest_is_first_also_among_what_came_without_a_record():
    past = history.Past(environment="apps-prod", rows=(change(60), change(20)), came=(came(40, "0.1.9"),))
    assert [row[1][-3:-1] + row[2] for row in rows(past)] == ["00promote", "40no record", "20promote"]


@pytest.mark.parametrize(
    ("past", "first"),
    [
        # What runs is what came last, so its row says so.
        (
            {"came": (came(90),), "version": "0.1.3"},
            ["2026-11-22 12:01:30Z", "no record", "0.1.3", "runs now"],
        ),
        # Of what came last no version is known: it is the one that runs.
        (
            {"came": (came(90, ""),), "version": "0.1.3"},
            ["2026-11-22 12:01:30Z", "no record", "0.1.3", "runs now"],
        ),
        # Something else runs than what came last: when it came is not known.
        ({"came": (came(90),), "version": "0.1.4"}, ["no record", "0.1.4", "runs now"]),
        ({"version": "0.1.4"}, ["no record", "0.1.4", "runs now"]),
        # What runs is recorded.
        ({"came": (came(90),)}, ["2026-11-22 12:01:30Z", "no record", "0.1.3"]),
    ],
)
def test_what_runs_without_a_record_is_named_once(past, first):
    found = rows(history.Past(environment="apps-prod", rows=(change(),), **past))
    assert [cell for cell in found[0][1:] if cell != "-"] == first
    assert len([row for row in found if row[-1] == "runs now"]) == (1 if past.get("version") else 0)


def test_only_the_end_of_the_last_change_is_explained():
    failed = change(80, result="failed", message="no pod is ready")
    assert notes(history.Past(environment="apps-prod", rows=(failed, change(60)))) == [
        "apps-prod: the last promote is failed: no pod is ready"
    ]
    assert notes(history.Past(environment="apps-prod", rows=(change(90), failed))) == []


@pytest.mark.parametrize(("by", "who"), [("ann", "ann"), ("", "an unknown user")])
def test_every_gate_that_was_overridden_is_told_however_old(by, who):
    old = change(20, by=by, gates=(gate("the fix is urgent"), gate()))
    assert notes(history.Past(environment="apps-prod", rows=(change(60, gates=(gate(),)), old))) == [
        f"apps-prod: promote of 0.1.2 by {who} overrode gate age: the fix is urgent"
    ]


def test_records_that_cannot_be_read_are_told():
    past = history.Past(
        environment="apps-prod", rows=(), unreadable=("pkgops-1",), unknown="configmaps are forbidden"
    )
    assert history.table([past]).splitlines() == [
        "apps-prod: what changed it is unknown: configmaps are forbidden",
        "apps-prod: configmap/pkgops-1 contains no readable record",
    ]


def test_without_any_change_nothing_is_claimed():
    assert history.table([]) == "No change is recorded"
    assert history.table([history.Past(environment="apps-prod", rows=())]) == "No change is recorded"


def test_history_for_programs():
    past = history.Past(
        environment="apps-prod",
        rows=(change(gates=(gate("urgent"),)), change(20, seconds=None, result="planned")),
        version="0.1.3",
        revision=snapshots.COMMIT,
        came=(came(90),),
        unreadable=("pkgops-1",),
    )
    found = valid("history", history.document("hello", [past, history.Past(environment="apps-dev", rows=())]))
    first, second = found["environments"]
    assert first["releases"][0]["when"] == "2026-11-22T12:01:00+00:00"
    assert [one["seconds"] for one in first["releases"]] == [65.0, None]
    assert first["releases"][0]["gates"] == [gate("urgent")]
    assert first["unrecorded"] == {"version": "0.1.3", "revision": snapshots.COMMIT}
    assert first["unrecordedChanges"][0]["knativeRevision"] == "hello-00002"
    assert (second["unrecorded"], second["releases"]) == (None, [])


def verified(outcome="failed", message="", checks=(), ended=70):
    return verification.Verified(
        workload="default/hello",
        environment="apps-prod",
        version="0.1.2",
        image=snapshots.IMAGE,
        package="",
        by="ann",
        begun=snapshots.at(60).astimezone(EAST),
        ended=snapshots.at(ended) if ended else None,
        outcome=outcome,
        message=message,
        record="pkgops-verify-1",
        checks=checks,
    )


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("passed", "verification passed"),
        ("failed", "verification failed"),
        ("unknown", "unknown whether it passes"),
        ("running", "verification runs"),
    ],
)
def test_the_last_line_of_a_verification_says_how_it_ended(outcome, said):
    assert verification.table(verified(outcome)) == f"0.1.2 in apps-prod: {said}"
    assert verification.table(verified(outcome, "no answer")) == f"0.1.2 in apps-prod: {said}: no answer"


def test_each_check_has_a_row_and_the_log_of_what_failed_follows():
    checks = (
        verification.Row(name="answers", outcome="passed", evidence="HTTP 200", seconds=0.2),
        verification.Row(
            name="smoke",
            outcome="failed",
            evidence="exit code 1",
            seconds=65,
            log=("\x1b[31mFAIL\x1b[0m", "exit 1"),
        ),
    )
    assert verification.table(verified(checks=checks)).splitlines() == [
        "CHECK     RESULT   TOOK    EVIDENCE",
        "answers   passed   0s      HTTP 200",
        "smoke     failed   1m05s   exit code 1",
        "",
        "end of the log of smoke:",
        "  FAIL",
        "  exit 1",
        "0.1.2 in apps-prod: verification failed",
    ]


@pytest.mark.parametrize(("ended", "told"), [(70, "2026-11-22T12:01:10+00:00"), (0, None)])
def test_a_verification_for_programs(ended, told):
    checks = (
        verification.Row(
            name="smoke", outcome="failed", evidence="exit code 1", seconds=65, log=("\x1b[31mFAIL",)
        ),
    )
    found = valid("verification", verification.document(verified(checks=checks, ended=ended)))
    assert (found["begun"], found["ended"]) == ("2026-11-22T12:01:00+00:00", told)
    assert found["checks"] == [
        {
            "name": "smoke",
            "outcome": "failed",
            "evidence": "exit code 1",
            "seconds": 65,
            "log": ["\x1b[31mFAIL"],
        }
    ]


def asked(gate, state="pass", overridden="", remedy=""):
    return gates.Row(
        gate=gate,
        type="age",
        state=state,
        evidence="2 hours old",
        detail="",
        remedy=remedy,
        overridable=True,
        overridden=overridden,
    )


@pytest.mark.parametrize(
    ("rows", "says", "end"),
    [
        ([], [], "every gate passes"),
        ([asked("age")], ["pass"], "every gate passes"),
        ([asked("age", "fail")], ["fail"], "does not pass: age"),
        ([asked("age", "pending"), asked("ok"), asked("tests", "fail")], ["pending", "pass", "fail"],
         "does not pass: age, tests"),
        ([asked("age", "fail", "urgent")], ["fail, overridden"], "every gate passes"),
        ([asked("age", "pass", "urgent")], ["pass"], "every gate passes"),
    ],
)  # fmt: skip
def test_what_gates_say_and_whether_a_version_may_come(rows, says, end):
    shown = gates.report("apps-prod", "0.1.2", rows).splitlines()
    assert [line.split("2 hours")[0].split(maxsplit=1)[1].strip() for line in shown[1:-2]] == says
    assert shown[-1] == f"0.1.2 to apps-prod: {end}"
    found = valid("gates", gates.document("hello", "apps-prod", "promote", "0.1.2", rows))
    assert found["passes"] == (end == "every gate passes")


def test_what_would_satisfy_a_gate_stands_beside_it():
    shown = gates.table([asked("age", "fail", remedy="wait until 14:00"), asked("ok")]).splitlines()
    assert shown[1].endswith("wait until 14:00")
    assert shown[2].endswith(" -")
