"""Texts from a cluster, a log or a registry steer no terminal, and a row of a table stays a row."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
import view_snapshots as snapshots

from pkgops.errors import PkgopsError
from pkgops.flows.doctor import Check, Result
from pkgops.model import (
    Behind,
    Blockage,
    CauseCode,
    Environment,
    Event,
    Evidence,
    ImageChain,
    Match,
    ObjectRef,
    Output,
    ProvenanceStep,
    Run,
    Snapshot,
    Span,
    Stage,
    StageStatus,
    StageTimes,
    State,
    Step,
    Timeline,
    Unreadable,
    Verdict,
)
from pkgops.model.commits import Commit, Commits
from pkgops.model.timeline import Phase
from pkgops.view import (
    board,
    configuration,
    diff,
    doctor,
    errors,
    gates,
    history,
    lines,
    machine,
    plans,
    promotion,
    status,
    timeline,
    trace,
    up_result,
    verification,
    why,
)

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m over\rwritten\b\tend"
NOW = snapshots.at(0)
REF = ObjectRef("v1", EVIL, EVIL, EVIL)
GAP = Unreadable(api_version="v1", kind=EVIL, namespace=EVIL, code=CauseCode.MAY_NOT_READ, sentence=EVIL)
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def hostile_stage(state, scope="supply-chain", still=""):
    return Stage(
        name="one",
        scope=scope,
        title=EVIL,
        tool=EVIL,
        object=REF,
        leaf=REF,
        status=StageStatus(
            state=state,
            reason=EVIL,
            message=EVIL,
            waits_for=EVIL if state is State.WAITING else "",
            since=NOW,
            output=Output(revision=EVIL, image=EVIL, version=EVIL, tag=EVIL, url=EVIL),
        ),
        revision=EVIL,
        still=still,
    )


def hostile_snapshot():
    cause = Blockage(
        code=CauseCode.TEST_FAILED,
        cause=EVIL,
        object=REF,
        stage=EVIL,
        scope=EVIL,
        evidence=(
            Evidence("log", REF, f"{EVIL}\n{EVIL}"),
            Evidence("event", REF, EVIL),
            Evidence("x", None, EVIL),
        ),
        next=EVIL,
    )
    unknown = Blockage(
        code=CauseCode.MAY_NOT_READ, cause=f"not {EVIL}", object=REF, state=State.UNKNOWN, next=EVIL
    )
    environment = Environment(
        name=EVIL,
        namespace=EVIL,
        owner=REF,
        stages=(hostile_stage(State.DONE, EVIL),),
        verdict=Verdict.FAILED,
        version=EVIL,
        image=EVIL,
        revision=EVIL,
        pinned=EVIL,
        url=f"http://{EVIL.replace('[', '').replace(']', '')}",
        note=EVIL,
        behind=Behind(EVIL, 2, NOW),
    )
    stages = (*map(hostile_stage, State), hostile_stage(State.WORKING, still=EVIL))
    return Snapshot(
        taken_at=snapshots.at(9),
        workload=REF,
        blueprint=REF,
        stages=stages,
        environments=(environment,),
        verdict=Verdict.FAILED,
        revision=EVIL,
        image=EVIL,
        image_revision=EVIL,
        package=EVIL,
        blockages=(cause, unknown),
        unreadable=(GAP,),
    )


SNAPSHOT = hostile_snapshot()
ENVIRONMENT = SNAPSHOT.environments[0]
RELEASE = {"version": EVIL, "image": EVIL, "revision": EVIL, "pinned": EVIL}


def of_board(width):
    layout = board.Layout(NOW, NOW, width)
    return "\n".join(line for line, _ in board.board(SNAPSHOT, layout, (EVIL,), (EVIL,), EVIL))


def of_several():
    layout = board.Layout(NOW, NOW, 120)
    return "\n".join(line for line, _ in board.several({EVIL: SNAPSHOT, "b": SNAPSHOT}, layout, (EVIL,)))


def of_events():
    types = ("target", "note", "done", "stage", "blocked", "failed", "log")
    data = {"title": EVIL, "why": f"{EVIL}\n{EVIL}", "next": EVIL, "workload": EVIL}
    events = [
        Event(time=NOW, type=kind, message=EVIL, stage=stage, scope=EVIL, object=REF, data=data)
        for kind in types
        for stage in ("", EVIL)
    ]
    return "\n".join(lines.line(event, NOW) for event in events)


def of_trace():
    steps = tuple(
        ProvenanceStep(
            name=EVIL, object=REF, value=EVIL, match=match, compared=(EVIL, EVIL), source=EVIL, note=EVIL
        )
        for match in Match
    )
    return trace.report(EVIL, [ImageChain(EVIL, EVIL, steps), ImageChain("", EVIL, steps)])


def of_timeline():
    spans = (Span(Phase.WAITING, NOW, snapshots.at(4)), Span(Phase.WORKING, snapshots.at(4)))
    run = Run(
        object=REF,
        state=State.WORKING,
        revision=EVIL,
        spans=spans,
        steps=(Step(EVIL, State.DONE, spans), Step(EVIL, State.DONE)),
        note=EVIL,
    )
    stages = tuple(
        StageTimes(
            name="one", scope=scope, title=EVIL, state=State.WORKING, note=EVIL, runs=runs, still=still
        )
        for scope, runs, still in (("supply-chain", (run, run), ""), (EVIL, (), ""), (EVIL, (run,), EVIL))
    )
    found = Timeline(
        taken_at=SNAPSHOT.taken_at, workload=REF, revision=EVIL, stages=stages, unreadable=(GAP,)
    )
    return timeline.report(found, timeline.Layout(100, earlier=True))


def of_history():
    gate = {"gate": EVIL, "overridden": EVIL}
    row = history.Row(
        record=EVIL,
        action=EVIL,
        when=NOW,
        by=EVIL,
        seconds=3,
        before=RELEASE,
        after=RELEASE,
        result=EVIL,
        message=EVIL,
        gates=(gate,),
    )
    came = history.Rollout(when=NOW, object=EVIL, version=EVIL, image=EVIL, revision=EVIL)
    past = history.Past(
        environment=EVIL,
        rows=(row,),
        version=EVIL,
        revision=EVIL,
        came=(came,),
        unreadable=(EVIL,),
        unknown=EVIL,
    )
    return history.table([past])


def of_verification():
    checks = [verification.Row(name=EVIL, outcome=EVIL, evidence=f"{EVIL}\n{EVIL}", seconds=2.0, log=(EVIL,))]
    found = verification.Verified(
        workload=EVIL,
        environment=EVIL,
        version=EVIL,
        image=EVIL,
        package=EVIL,
        by=EVIL,
        begun=NOW,
        ended=None,
        outcome="failed",
        message=EVIL,
        record=EVIL,
        checks=checks,
    )
    return verification.table(found)


def of_gates():
    row = gates.Row(
        gate=EVIL,
        type=EVIL,
        state="fail",
        evidence=f"{EVIL}\n{EVIL}",
        detail=EVIL,
        remedy=EVIL,
        overridable=True,
    )
    return gates.report(EVIL, EVIL, [row])


def of_diff():
    found = [
        diff.Line(action="changed", subject=EVIL, before=EVIL, after=EVIL, diff=""),
        diff.Line(action="changed", subject=EVIL, before="", after="", diff=f"+{EVIL}\n-{EVIL}"),
    ]
    one = Commit(sha=EVIL, subject=EVIL, author=EVIL, when=NOW)
    ends = Commits(before=EVIL, after=f"not {EVIL}", added=(one,))
    listed = diff.report(EVIL, EVIL, EVIL, [("images", found)], ends, diff.Live(False, EVIL))
    return listed + diff.report(EVIL, EVIL, EVIL, [], replace(ends, unknown=EVIL), diff.Live())


def of_doctor():
    checks = [
        Check(name=EVIL, result=result, message=EVIL, fix=EVIL, object=REF, diff=f"+{EVIL}\n-{EVIL}")
        for result in Result
    ]
    return doctor.report(EVIL, checks)


TEXTS = {
    "board": lambda: of_board(80),
    "wide board": lambda: of_board(140),
    "board of several": of_several,
    "lines": of_events,
    "status": lambda: status.table([SNAPSHOT]),
    "why": lambda: why.report(EVIL, SNAPSHOT, SNAPSHOT.blockages),
    "nothing wrong": lambda: why.report(EVIL, SNAPSHOT, ()),
    "trace": of_trace,
    "timeline": of_timeline,
    "history": of_history,
    "verification": of_verification,
    "gates": of_gates,
    "diff": of_diff,
    "doctor": of_doctor,
    "error": lambda: errors.text(PkgopsError(EVIL, why=EVIL, next=EVIL, slug="failed")),
    "plan": lambda: plans.table([("create", REF), ("unchanged", REF)], False),
    "what is left": lambda: plans.remaining_table([REF]),
    "promotion": lambda: promotion.table(EVIL, RELEASE, RELEASE),
    "configuration": lambda: configuration.table([(EVIL, EVIL, EVIL), (EVIL, [EVIL], EVIL)]),
    "end of up": lambda: (
        up_result.sentence(EVIL, ENVIRONMENT, 200) + up_result.hints(EVIL, ENVIRONMENT, (EVIL,))
    ),
    "end of a supply chain": lambda: up_result.built(SNAPSHOT),
    "parts of the cluster": lambda: machine.facts({EVIL: EVIL}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_no_text_steers_the_terminal(name):
    shown = TEXTS[name]()
    assert "end" in shown
    assert CONTROL.findall(shown) == []


def test_the_colours_of_a_diff_are_the_only_ones_in_it():
    found = [diff.Line(action="changed", subject=EVIL, before="", after="", diff=f"+{EVIL}")]
    shown = diff.changes([("images", found)], diff.Live(), colour=True)
    assert re.findall(r"\x1b\[[0-9]*m", shown) == ["\x1b[32m", "\x1b[0m"]
    assert CONTROL.findall(re.sub(r"\x1b\[[0-9]*m", "", shown)) == []


@pytest.mark.parametrize(
    ("name", "count"), [("gates", 4), ("promotion", 5), ("configuration", 3), ("plan", 3)]
)
def test_a_row_is_one_line_whatever_breaks_lines_in_a_cell(name, count):
    assert len(TEXTS[name]().splitlines()) == count
