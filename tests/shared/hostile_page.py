"""A report in which every text that comes from a cluster is the same, meant to be read as something else."""

from __future__ import annotations

from datetime import UTC, datetime

from pkgops.model import (
    Below,
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
    stages = (
        Stage("one", "supply-chain", text, text, ref, ref, revision=text, status=StageStatus(
            State.FAILED, text, text, since=NOW, until=NOW,
            output=Output(text, text, text, text, f"javascript:{text}"),
        )),
        Stage("two", "supply-chain", text, text, ref, ref, still=text,
              status=StageStatus(State.WAITING, text, text, text)),
    )  # fmt: skip
    facts = (Evidence("log", ref, text), Evidence("event", ref, text))
    cause = Blockage(CauseCode.TEST_FAILED, text, ref, "one", "supply-chain", evidence=facts, next=text)
    env = Environment(text, text, ref, (), Verdict.FAILED, text, text, text, text, f"javascript:{text}", text)
    snapshot = Snapshot(
        NOW, ref, ref, stages, (env,), Verdict.FAILED, text, text, text, text, blockages=(cause,)
    )
    spans = (Span(Phase.WORKING, NOW, NOW),)
    run = Run(ref, State.FAILED, text, spans, (Step(text, State.FAILED, spans), Step(text, State.DONE)), text)
    times = Timeline(
        NOW, ref, text, (StageTimes("one", "supply-chain", text, State.FAILED, "", text, (run, run)),)
    )
    box = Container(ref, text, runs=True)
    below = {
        ("supply-chain", "one"): Below((text,), (ObjectState(ref, State.FAILED, text, text, NOW),), (box,))
    }
    hop = ProvenanceStep(text, ref, text, Match.DIFFERS, (text, text), text, text)
    release = {"version": text, "revision": text}
    passed = {"gate": text, "type": text, "state": "fail", "evidence": text, "overridden": text}
    row = history.Row(text, text, NOW, text, 1.0, release, release, text, text, [passed])
    came = history.Came(NOW, text, text, text, text)
    past = history.Past(text, [row], text, text, [came], [text], text)
    gated = page.Gated(text, text, [gates.Row(text, text, "fail", text, text, text, True)])
    beside = page.Beside(
        [ImageChain(text, text, (hop,))], [past], [gated], text, [page.LogEnd(box, [text], text)]
    )
    moment = page.moment(snapshot, times, below, beside=beside)
    about = {"title": text, "source": text, "version": text, "length": 5.0}
    return page.packed([moment, {**moment, "t": 5.0}], about)
