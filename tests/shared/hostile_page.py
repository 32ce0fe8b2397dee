"""A report in which every text that comes from a cluster is the same, meant to be read as something else."""

from __future__ import annotations

from datetime import UTC, datetime

from pkgops.model import (
    Blockage,
    CauseCode,
    Container,
    Environment,
    Evidence,
    ImageChain,
    Match,
    ObjectRef,
    ObjectState,
    Output,
    ProvenanceStep,
    Run,
    Snapshot,
    Span,
    Stage,
    StageObjects,
    StageStatus,
    StageTimes,
    State,
    Step,
    Timeline,
    Verdict,
)
from pkgops.model.timeline import Phase
from pkgops.view import gates, history, page

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def hostile(text):
    """Return the data of a page whose texts all are ``text``."""
    ref = ObjectRef("v1", text, text, text)
    output = Output(revision=text, image=text, version=text, tag=text, url=f"javascript:{text}")
    failed = StageStatus(state=State.FAILED, reason=text, message=text, since=NOW, until=NOW, output=output)
    waiting = StageStatus(state=State.WAITING, reason=text, message=text, waits_for=text)
    about = {"scope": "supply-chain", "title": text, "tool": text, "object": ref, "leaf": ref}
    stages = (
        Stage(name="one", **about, revision=text, status=failed),
        Stage(name="two", **about, still=text, status=waiting),
    )
    facts = (Evidence("log", ref, text), Evidence("event", ref, text))
    cause = Blockage(
        code=CauseCode.TEST_FAILED,
        cause=text,
        object=ref,
        stage="one",
        scope="supply-chain",
        evidence=facts,
        next=text,
        again=text,
    )
    env = Environment(
        name=text,
        namespace=text,
        owner=ref,
        stages=(),
        verdict=Verdict.FAILED,
        version=text,
        image=text,
        revision=text,
        pinned=text,
        url=f"javascript:{text}",
        note=text,
    )
    snapshot = Snapshot(
        taken_at=NOW,
        workload=ref,
        blueprint=ref,
        stages=stages,
        environments=(env,),
        verdict=Verdict.FAILED,
        revision=text,
        image=text,
        image_revision=text,
        package=text,
        blockages=(cause,),
    )
    spans = (Span(Phase.WORKING, NOW, NOW),)
    run = Run(
        object=ref,
        state=State.FAILED,
        revision=text,
        spans=spans,
        steps=(Step(text, State.FAILED, spans), Step(text, State.DONE)),
        note=text,
    )
    times = Timeline(
        taken_at=NOW,
        workload=ref,
        revision=text,
        stages=(
            StageTimes(
                name="one",
                scope="supply-chain",
                title=text,
                state=State.FAILED,
                still="",
                note=text,
                runs=(run, run),
            ),
        ),
    )
    box = Container(ref, text, runs=True)
    below = {
        ("supply-chain", "one"): StageObjects(
            (text,),
            (ObjectState(object=ref, state=State.FAILED, reason=text, message=text, since=NOW),),
            (box,),
        )
    }
    step = ProvenanceStep(
        name=text, object=ref, value=text, match=Match.DIFFERS, compared=(text, text), source=text, note=text
    )
    release = {"version": text, "revision": text}
    passed = {"gate": text, "type": text, "state": "fail", "evidence": text, "overridden": text}
    row = history.Row(
        record=text,
        action=text,
        when=NOW,
        by=text,
        seconds=1.0,
        before=release,
        after=release,
        result=text,
        message=text,
        gates=[passed],
    )
    came = history.Rollout(when=NOW, object=text, version=text, image=text, revision=text)
    past = history.Past(
        environment=text,
        rows=[row],
        version=text,
        revision=text,
        came=[came],
        unreadable=[text],
        unknown=text,
    )
    gated = page.Gated(
        text,
        text,
        [
            gates.Row(
                gate=text, type=text, state="fail", evidence=text, detail=text, remedy=text, overridable=True
            )
        ],
    )
    details = page.Details(
        chains=[ImageChain(text, text, (step,))],
        pasts=[past],
        gated=[gated],
        unknown=text,
        logs=[page.LogEnd(box, [text], text)],
    )
    moment = page.moment(snapshot, times, below, details=details)
    about = {"title": text, "source": text, "version": text, "length": 5.0}
    return page.packed([moment, {**moment, "t": 5.0}], about)
