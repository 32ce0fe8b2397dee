"""The timeline of a run as bars for a terminal, and as a document with a schema. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pkgops.model import CHAIN, Phase, Run, Span, StageTimes, State, Timeline
from pkgops.model.revision import short_commit
from pkgops.view import changes, text
from pkgops.view.errors import API_VERSION

TITLE, STATE, LONG = 24, 7, 7
GUTTER = TITLE + STATE + 2 * LONG + 6
LEAST = 16
"""Minimum columns of a bar, however narrow the terminal is."""

BARS = {Phase.WAITING: "░", Phase.WORKING: "█"}
PLAIN_BARS = {Phase.WAITING: "-", Phase.WORKING: "#"}
"""For terminals without Unicode."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The inputs of the report other than the times: the terminal, and whether earlier runs are shown."""

    width: int = 80
    bars: dict[Phase, str] | None = None
    earlier: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The time range of the bars."""

    begin: datetime
    end: datetime

    def place(self, moment: datetime, columns: int) -> int:
        """Return the column of a time; one outside of the range is at the edge."""
        share = (moment - self.begin) / (self.end - self.begin)
        return round(min(max(share, 0.0), 1.0) * columns)


def report(found: Timeline, layout: Layout) -> str:
    """Return the bars of each stage and its containers, by scope, as of the Timeline's time."""
    workload = found.workload
    name = f"{workload.name} in {workload.namespace}" if workload else "no workload"
    if not found.stages:
        return _report([f"{name}: no stage is known"], found, layout)
    window = of_window(found)
    lines = [_head(name, found, window)]
    scope = ""
    for stage in found.stages:
        if stage.scope != scope:
            scope = stage.scope
            lines += ["", "Supply chain" if scope == CHAIN else f"Delivery to {scope}"]
        lines += _stage(stage, found.taken_at, window, layout)
    bars = layout.bars or BARS
    lines += ["", f"{bars[Phase.WAITING]} waiting   {bars[Phase.WORKING]} working"]
    return _report(lines, found, layout)


def _report(lines: Sequence[str], found: Timeline, layout: Layout) -> str:
    """Cut lines to the terminal's width, except sentences, which are wrapped."""
    gaps = [text.visible(f"unknown: {gap.sentence}") for gap in found.unreadable]
    return "\n".join([*(text.shorten_end(line.rstrip(), layout.width) for line in lines), *gaps])


def of_window(found: Timeline) -> Window | None:
    """Return the time from the first to the last span of the newest runs for the followed commit.

    Where no stage has it yet, all newest runs count. None where no time is known.
    """
    followed = [stage for stage in found.stages if not stage.still]
    spans = _newest_spans(followed) or _newest_spans(found.stages)
    if not spans:
        return None
    begin = min(span.begin for span in spans)
    end = max(span.until(found.taken_at) for span in spans)
    return Window(begin, max(end, begin + timedelta(seconds=1)))


def _newest_spans(stages: Sequence[StageTimes]) -> list[Span]:
    return [span for stage in stages for run in stage.runs[:1] for span in run.spans]


def _head(name: str, found: Timeline, window: Window | None) -> str:
    commit = f"commit {short_commit(found.revision)}" if found.revision else ""
    if window is None:
        return "   ".join(part for part in (name, commit, "no time is known") if part)
    began, ended = window.begin.strftime("%Y-%m-%d %H:%M:%S"), window.end.strftime("%H:%M:%S")
    long = text.duration(window.end - window.begin)
    return "   ".join(part for part in (name, commit, f"{began} to {ended} UTC ({long})") if part)


def _stage(stage: StageTimes, now: datetime, window: Window | None, layout: Layout) -> Iterator[str]:
    newest, earlier = stage.runs[:1], stage.runs[1:]
    run = newest[0] if newest else Run(object=stage_object(stage), state=stage.state)
    shown = State.WAITING if stage.still and stage.state is State.DONE else stage.state
    if stage.still:
        yield _row(stage.title, shown, (), f"still {short_commit(stage.still)}", now)
        # Its newest run is of another commit, so it is an earlier one.
        earlier = stage.runs
    else:
        note = stage.note if shown in (State.WAITING, State.UNKNOWN) or not run.note else run.note
        yield _row(stage.title, shown, run.spans, _bar(run.spans, now, window, layout) or note, now)
        for step in run.steps if len(run.steps) > 1 else ():
            bar = _bar(step.spans, now, window, layout)
            yield _row(f"  {step.name}", step.state, step.spans, bar, now)
    for old in earlier if layout.earlier else ():
        yield _earlier(old, now)


def stage_object(stage: StageTimes) -> Any:
    """The object of a stage's newest run; None where none is known."""
    return stage.runs[0].object if stage.runs else None


def _earlier(run: Run, now: datetime) -> str:
    begin = run.spans[0].begin.strftime("%Y-%m-%d %H:%M:%S") if run.spans else ""
    about = "  ".join(part for part in (begin, short_commit(run.revision), str(run.object or "")) if part)
    return _row("  before", run.state, run.spans, about, now)


def _row(title: str, state: State, spans: Sequence[Span], rest: str, now: datetime) -> str:
    waited, worked = (text.duration(spent(spans, phase, now)) for phase in (Phase.WAITING, Phase.WORKING))
    return f"{_pad(title)} {state!s:<{STATE}} {waited:>{LONG}} {worked:>{LONG}}  {rest}"


def _pad(title: str) -> str:
    indent = len(title) - len(title.lstrip())
    return " " * indent + text.pad(title, TITLE - indent)


def spent(spans: Sequence[Span], phase: Phase, now: datetime) -> timedelta | None:
    """Return how long a phase took in total; None where no span of it is known."""
    long = [span.until(now) - span.begin for span in spans if span.phase is phase]
    return sum(long, timedelta()) if long else None


def _bar(spans: Sequence[Span], now: datetime, window: Window | None, layout: Layout) -> str:
    if window is None or not spans:
        return ""
    columns = max(layout.width - GUTTER, LEAST)
    cells = [" "] * columns
    for span in spans:
        first = min(window.place(span.begin, columns), columns - 1)
        last = max(window.place(span.until(now), columns), first + 1)
        # A span below one second is still visible.
        cells[first:last] = (layout.bars or BARS)[span.phase] * (last - first)
    return "".join(cells)


def document(found: Timeline) -> str:
    """Return the same as JSON, of kind ``Timeline``; see ``docs/reference/schemas/timeline.schema.json``."""
    return json.dumps({"apiVersion": API_VERSION, "kind": "Timeline", **data(found)}, indent=2)


def data(found: Timeline) -> dict[str, Any]:
    """Return a Timeline as JSON values."""
    workload = found.workload
    return {
        "takenAt": found.taken_at.isoformat(),
        "name": workload.name if workload else "",
        "namespace": workload.namespace if workload else "",
        "revision": found.revision,
        "stages": [_stage_data(stage) for stage in found.stages],
        "unreadable": [changes.unreadable(gap) for gap in found.unreadable],
    }


def _stage_data(stage: StageTimes) -> dict[str, Any]:
    return {
        "name": stage.name,
        "part": stage.scope,
        "title": stage.title,
        "state": str(stage.state),
        "still": stage.still,
        "note": stage.note,
        "runs": [_run_data(run) for run in stage.runs],
    }


def _run_data(run: Run) -> dict[str, Any]:
    return {
        "object": changes.reference(run.object),
        "state": str(run.state),
        "revision": run.revision,
        "note": run.note,
        "spans": [_span_data(span) for span in run.spans],
        "steps": [
            {"name": step.name, "state": str(step.state), "spans": [_span_data(span) for span in step.spans]}
            for step in run.steps
        ],
    }


def _span_data(span: Span) -> dict[str, Any]:
    end = span.end.isoformat() if span.end else None
    return {"phase": str(span.phase), "begin": span.begin.isoformat(), "end": end}
