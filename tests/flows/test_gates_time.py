"""Gates that time alone may satisfy: soak and window, and the clock that they go by."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from gates_kit import *  # noqa: F403
from gates_kit import DEV, NOW, PROD, RUNS

from pkgops.flows.ports import Ports, utc_now
from pkgops.flows.promotion.gates import clock, evaluate, soak, window
from pkgops.flows.promotion.gates.clock import Clock
from pkgops.flows.promotion.gates.rule import BadSpec, Gate, State
from pkgops.flows.releases.release import Release
from pkgops.model import ObjectRef, Stage, StageStatus
from pkgops.model import State as StageState
from pkgops.model import Verdict as Judged
from pkgops.values import replace

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("0 9 * * *", "must be a map"),
        ({"schedule": "0 9 * * *"}, "must be a map of schedule and for"),
        ({"schedule": "0 9 * * *", "for": "4h", "until": "x"}, "must be a map of schedule and for"),
        ({"schedule": "0 0 30 2 *", "for": "4h"}, "schedule '0 0 30 2 .' has no occurrence"),
        ({"schedule": "0 0 31 4 *", "for": "4h"}, "has no occurrence"),
        ({"schedule": "61 * * * *", "for": "4h"}, "is not a cron schedule"),
        ({"schedule": "* * * *", "for": "4h"}, "must have minute, hour, day, month and weekday"),
        ({"schedule": "0 9 * * *", "for": "soon"}, "is not a duration"),
        ({"schedule": "0 9 * * *", "for": "4h", "timezone": "Europe/Berln"}, "no time zone 'Europe/Berln'"),
        ({"schedule": "0 9 * * *", "for": "4h", "timezone": "../x"}, "no time zone"),
        ({"schedule": "0 9 * * *", "for": "4h", "holidays": ["tomorrow"]}, "'tomorrow' is not one"),
        ({"schedule": "0 9 * * *", "for": "4h", "holidays": "2026-12-24"}, "must be a list of days"),
    ],
)
def test_values_that_are_no_window(value, problem):
    with pytest.raises(BadSpec, match=problem):
        window.read(value)


WEEK = window.read(
    {
        "schedule": "0 9 * * 1-4",
        "for": "4h",
        "timezone": "Europe/Berlin",
        "holidays": [date(2026, 12, 24), "2026-12-28"],
    }
)


@pytest.mark.parametrize(
    ("local", "state", "evidence", "remedy"),
    [
        (
            datetime(2026, 12, 21, 9, tzinfo=BERLIN),
            State.PASS,
            "the window of Mon 2026-12-21 09:00 CET is open until Mon 2026-12-21 13:00 CET",
            "",
        ),
        (
            datetime(2026, 12, 21, 12, 59, 59, tzinfo=BERLIN),
            State.PASS,
            "the window of Mon 2026-12-21 09:00 CET is open until Mon 2026-12-21 13:00 CET",
            "",
        ),
        (
            datetime(2026, 12, 21, 13, tzinfo=BERLIN),
            State.PENDING,
            "no window is open at Mon 2026-12-21 13:00 CET",
            "wait until Tue 2026-12-22 09:00 CET",
        ),
        (
            datetime(2026, 12, 24, 10, tzinfo=BERLIN),
            State.PENDING,
            "2026-12-24 is a holiday at Thu 2026-12-24 10:00 CET",
            "wait until Tue 2026-12-29 09:00 CET",
        ),
        (
            datetime(2026, 7, 6, 8, 59, 59, tzinfo=BERLIN),
            State.PENDING,
            "no window is open at Mon 2026-07-06 08:59 CEST",
            "wait until Mon 2026-07-06 09:00 CEST",
        ),
    ],
)
def test_a_window_is_open_by_the_hours_of_its_time_zone(local, state, evidence, remedy):
    found = window.judge(WEEK, Clock(local.astimezone(UTC)))
    assert (found.state, found.evidence, found.remedy) == (state, evidence, remedy)


def test_a_window_into_a_holiday_and_one_out_of_it_are_closed():
    night = window.read({"schedule": "0 22 * * *", "for": "4h", "holidays": ["2026-12-25"]})
    for moment, state in (
        (datetime(2026, 12, 24, 23, tzinfo=UTC), State.PASS),
        (datetime(2026, 12, 25, 1, tzinfo=UTC), State.PENDING),
        (datetime(2026, 12, 25, 23, tzinfo=UTC), State.PENDING),
        (datetime(2026, 12, 26, 1, tzinfo=UTC), State.PENDING),
        (datetime(2026, 12, 26, 23, tzinfo=UTC), State.PASS),
    ):
        assert window.judge(night, Clock(moment)).state is state, moment


def test_windows_that_overlap_and_a_change_of_the_hour():
    long = window.read({"schedule": "0 0 * * *", "for": "36h", "timezone": "Europe/Berlin"})
    assert window.judge(long, Clock(datetime(2026, 3, 29, 9, tzinfo=UTC))).state is State.PASS
    short = window.read({"schedule": "0 1 * * *", "for": "2h", "timezone": "Europe/Berlin"})
    # On 29 March 2026 the hour from 2 to 3 does not exist in Berlin: two hours after 1:00 it is 4:00.
    end = datetime(2026, 3, 29, 4, tzinfo=BERLIN).astimezone(UTC)
    assert window.judge(short, Clock(end - timedelta(seconds=1))).state is State.PASS
    assert window.judge(short, Clock(end)).state is State.PENDING


def test_nothing_but_holidays_never_opens():
    once = window.read(
        {"schedule": "0 9 1 1 *", "for": "1h", "holidays": [f"{y}-01-01" for y in range(2026, 2500)]}
    )
    found = window.judge(once, Clock(datetime(2026, 6, 1, tzinfo=UTC)))
    assert (found.state, found.remedy) == (State.PENDING, "no window opens that is not on a holiday")


@pytest.mark.parametrize(
    ("ahead", "note"),
    [
        (0.0, ""),
        (20.0, ""),
        (3610.0, "by the clock of memory; this machine's is 1h behind"),
        (-5410.0, "by the clock of memory; this machine's is 1h30m ahead"),
    ],
)
def test_the_clock_of_the_cluster_counts_and_a_difference_is_told(case_of, memory, ahead, note):
    memory.ahead = ahead
    case = case_of()
    found = clock.of(case.client, Ports())
    assert abs(found.now - utc_now() - timedelta(seconds=ahead)) < timedelta(seconds=30)
    assert (
        found.note.replace("59m", "1h").replace("1h29m", "1h30m").replace("1h1h", "1h30m") == note or not note
    )


def test_a_machine_that_is_an_hour_off_neither_opens_nor_closes_a_window(case_of, memory):
    memory.ahead = 3600.0
    now = utc_now() + timedelta(hours=1)
    here = now.astimezone(UTC).replace(minute=0, second=0)
    spec = window.read({"schedule": f"0 {here.hour} * * *", "for": "2h"})
    case = case_of(now=utc_now())
    found = evaluate._verdict(Gate(name="window", type="window", rule=window.RULE, spec=spec), case)
    assert found.state is State.PASS
    assert "this machine's is " in found.evidence


def test_where_the_server_tells_no_time_the_machines_is_assumed_and_said(case_of, monkeypatch):
    case = case_of()
    monkeypatch.setattr(type(case.client), "time", lambda _: None)
    found = clock.of(case.client, case.ports)
    assert found.now == NOW
    assert "since memory has no time" in found.note


def at(minutes):
    return f"{NOW - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def obj(api, kind, name, **more):
    meta = {"name": name, "namespace": "ns-dev", "uid": f"{kind}-{name}", **more.pop("meta", {})}
    return {"apiVersion": api, "kind": kind, "metadata": meta, **more}


def said(*found):
    return {
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": at(ago)} for kind, ago in found]
    }


INSTALL = obj("packaging.carvel.dev/v1alpha1", "PackageInstall", "hello")
SERVICE = obj("serving.knative.dev/v1", "Service", "hello", status=said(("Ready", 50), ("RoutesReady", 55)))
POD = ObjectRef("v1", "Pod", "ns-dev", "hello-1")


def app(ago):
    fields = [{"manager": "kapp-controller", "operation": "Update", "time": at(ago)}]
    fields.append({**fields[0], "subresource": "status", "time": at(0)})
    return obj("kappctrl.k14s.io/v1alpha1", "App", "hello", meta={"managedFields": fields})


def revision(ready, made=60):
    meta = {"labels": {"serving.knative.dev/service": "hello"}, "creationTimestamp": at(made)}
    return obj("serving.knative.dev/v1", "Revision", "hello-00001", meta=meta, status=said(("Ready", ready)))


def deployment(available, owner="Revision-hello-00001"):
    meta = {"ownerReferences": [{"uid": owner}]}
    status = said(("Available", available))
    rolled = {
        "type": "Progressing",
        "status": "True",
        "reason": "NewReplicaSetAvailable",
        "lastUpdateTime": at(33),
    }
    return obj(
        "apps/v1", "Deployment", "hello", meta=meta, status={"conditions": [*status["conditions"], rolled]}
    )


def pod(restarted=None):
    entry = {"name": "user-container", "restartCount": 0 if restarted is None else 2}
    if restarted is not None:
        entry["state"] = {"running": {"startedAt": at(restarted)}}
    return obj("v1", "Pod", "hello-1", status={"containerStatuses": [entry]})


def steady(case_of, *objects, kind=SERVICE, **environment):
    refs = (ObjectRef.of(INSTALL), ObjectRef.of(kind))
    stages = tuple(
        Stage(
            name=ref.kind,
            scope="dev",
            title=ref.kind,
            object=ref,
            status=StageStatus(state=StageState.DONE),
            pods=(POD,),
        )
        for ref in refs
    )
    case = case_of(replace(RUNS, stages=stages, **environment))
    for one in (INSTALL, *objects):
        case.tracker.apply("ADDED", one)
    return case


def judged(case, monkeypatch, minutes=30, now=NOW):
    monkeypatch.setattr(soak.clock, "of", lambda client, ports: Clock(now))
    spec = soak.read(f"{minutes}m")
    return evaluate._verdict(Gate(name="soak", type="soak", rule=soak.RULE, spec=spec), case)


KNATIVE = (app(70), SERVICE, revision(58), deployment(57), pod())


@pytest.mark.parametrize(
    ("objects", "by"),
    [
        (KNATIVE, "50m, by Ready of service/hello"),
        ((app(40), *KNATIVE[1:]), "40m, by the last change of app/hello"),
        ((*KNATIVE[:2], revision(45), *KNATIVE[3:]), "45m, by Ready of revision/hello-00001"),
        ((*KNATIVE[:2], revision(58, made=35), *KNATIVE[3:]), "35m, by the creation of revision/hello-00001"),
        ((*KNATIVE[:3], deployment(31), pod()), "31m, by Available of deployment/hello"),
        ((*KNATIVE[:4], pod(32)), "32m, by a restart of user-container in pod/hello-1"),
    ],
)
def test_a_version_soaks_from_the_latest_moment_that_any_object_tells(case_of, monkeypatch, objects, by):
    found = judged(steady(case_of, *objects), monkeypatch)
    assert (found.state, found.evidence) == (State.PASS, f"2 in dev has answered for {by}")


@pytest.mark.parametrize(
    "objects",
    [
        (app(5), *KNATIVE[1:]),
        (*KNATIVE[:2], revision(5), *KNATIVE[3:]),
        (*KNATIVE[:3], deployment(5), pod()),
        (*KNATIVE[:4], pod(5)),
    ],
)
def test_a_break_begins_it_anew(case_of, monkeypatch, objects):
    found = judged(steady(case_of, *objects), monkeypatch)
    assert found.state is State.PENDING
    assert "2 in dev has answered for 5m, by " in found.evidence
    assert found.remedy == "wait until 2026-01-01 12:25:00Z; an interruption restarts it"


def test_a_deployment_alone_counts_from_its_roll_out(case_of, monkeypatch):
    alone = deployment(600, owner="")
    found = judged(steady(case_of, app(70), alone, pod(), kind=alone), monkeypatch)
    assert found.evidence == "2 in dev has answered for 33m, by the roll-out of deployment/hello"


@pytest.mark.parametrize(
    ("objects", "why"),
    [
        ((obj("kappctrl.k14s.io/v1alpha1", "App", "hello"), *KNATIVE[1:]), "the last change of app/hello"),
        (KNATIVE[1:], "the last change of app/hello"),
        ((KNATIVE[0], SERVICE), "the revision of service/hello"),
        (
            (
                KNATIVE[0],
                {**SERVICE, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
                *KNATIVE[2:],
            ),
            "Ready of service/hello",
        ),
    ],
)
def test_what_no_object_tells_is_unknown_and_no_pass(case_of, monkeypatch, objects, why):
    found = judged(steady(case_of, *objects), monkeypatch)
    assert found.state is State.PENDING
    assert found.evidence == f"unknown since when 2 in dev has answered: {why} has no time"
    assert found.remedy == (
        "objects with a time; or promote with --override and --reason, where a user has observed it for 30m"
    )


def test_what_does_not_answer_now_does_not_soak(case_of, monkeypatch):
    case = steady(case_of, *KNATIVE, verdict=Judged.WORKING)
    assert judged(case, monkeypatch).evidence == "2 in dev is not healthy: working"
    other = steady(case_of, *KNATIVE, version="3")
    assert judged(other, monkeypatch).evidence == "dev runs 3, not 2"


def test_moments_that_have_yet_to_come_pass_nothing(case_of, monkeypatch):
    found = judged(steady(case_of, *KNATIVE), monkeypatch, now=NOW - timedelta(hours=1))
    assert found.state is State.PENDING
    assert "has answered for 0s" in found.evidence


@pytest.mark.parametrize("value", [None, "long", [], "0s"])
def test_values_that_are_no_soak(value):
    with pytest.raises(BadSpec):
        soak.read(value)


def test_the_environments_are_those_of_the_case(case_of):
    case = case_of(after=Release(version="2"))
    assert (case.source, case.setting) == (DEV, PROD)
