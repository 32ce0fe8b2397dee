"""The live board: a row for each stage, for a terminal. Pure: Snapshot, time and width in, lines out."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pkgops.model import Environment, Snapshot, Stage, State
from pkgops.model.revision import short_commit
from pkgops.view import changes, text

WIDE = 100
"""From this width on, a stage with its details fits on one row."""

Line = tuple[str, str]
"""The text of a line, and its style for rich."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Symbols:
    """The marks of the states."""

    done: str = "✓"
    working: str = "●"
    waiting: str = "○"
    failed: str = "✗"
    unknown: str = "·"

    def of(self, state: State) -> str:
        """Return the mark of a state."""
        return str(getattr(self, state.value))


PLAIN_SYMBOLS = Symbols(done="+", working="*", waiting="-", failed="x", unknown=".")
"""For terminals without Unicode."""

STYLES = {
    State.DONE: "green",
    State.WORKING: "cyan",
    State.WAITING: "dim",
    State.FAILED: "bold red",
    State.UNKNOWN: "dim",
}

OLDER = "dim"
"""The style of stages with another commit than the one that is followed."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The inputs of the board other than the Snapshot: the time and the terminal."""

    now: datetime
    began: datetime
    width: int
    symbols: Symbols = Symbols()


def board(
    snapshot: Snapshot | None,
    layout: Layout,
    notes: Sequence[str] = (),
    log: Sequence[str] = (),
    keys: str = "",
) -> list[Line]:
    """Return the board: head, supply chain, each environment, a cause, the end of a log, notes, keys."""
    lines = list(_body(snapshot, layout)) if snapshot else []
    lines += [(f"  | {text.visible(line)}", "") for line in log]
    lines += [(note, "dim") for note in notes]
    lines += [(keys, "bold")] if keys else []
    return [(text.shorten_end(line, layout.width), style) for line, style in lines]


def several(snapshots: Mapping[str, Snapshot], layout: Layout, notes: Sequence[str] = ()) -> list[Line]:
    """Return the board of several workloads: a row for each with the stage it waits for; causes; notes."""
    width = max((len(name) for name in snapshots), default=0)
    lines = [_summary(name, width, one, layout) for name, one in snapshots.items()]
    for one in snapshots.values():
        lines += _cause(one, layout)
    lines += [(note, "dim") for note in notes]
    return [(text.shorten_end(line, layout.width), style) for line, style in lines]


def _summary(name: str, width: int, snapshot: Snapshot, layout: Layout) -> Line:
    stages = snapshot.all_stages
    left = [stage for stage in stages if _shown_state(stage) is not State.DONE]
    done = f"{len(stages) - len(left)}/{len(stages)}"
    held = next((stage for stage in left if not stage.waits_for), next(iter(left), None))
    state = _shown_state(held) if held else State.DONE if stages else State.UNKNOWN
    doing = f"{held.title}: {_detail(held) or state}" if held else "done"
    elapsed = text.duration(held.elapsed(layout.now)) if held and not held.still else ""
    start = f"{layout.symbols.of(state)} {name:{width}}  {short_commit(snapshot.revision):8}"
    return f"{start}  {done:>5}  {elapsed:>6}  {doing}", STYLES[state]


def _body(snapshot: Snapshot, layout: Layout) -> Iterator[Line]:
    yield _head(snapshot, layout), "bold"
    if snapshot.stages:
        yield f"Supply chain {snapshot.blueprint.name if snapshot.blueprint else ''}".rstrip(), "bold"
        yield from _rows(snapshot.stages, layout)
    for environment in snapshot.environments:
        if environment.stages:
            yield _delivery(environment), "bold"
            yield from _rows(environment.stages, layout)
    yield from _cause(snapshot, layout)


def _head(snapshot: Snapshot, layout: Layout) -> str:
    workload = snapshot.workload
    name = f"{workload.name} in {workload.namespace}" if workload else "no workload"
    commit = f"commit {short_commit(snapshot.revision)}" if snapshot.revision else ""
    return "   ".join(part for part in (name, commit, text.duration(layout.now - layout.began)) if part)


def _delivery(environment: Environment) -> str:
    pinned = f", pinned to {environment.pinned}" if environment.pinned else ""
    if environment.owner is None and environment.stages:
        return f"Deployed to {environment.name} by the supply chain"
    return f"Delivery to {environment.name}{pinned}"


def _rows(stages: Sequence[Stage], layout: Layout) -> Iterator[Line]:
    for stage in stages:
        rows = _wide(stage, layout) if layout.width >= WIDE else _narrow(stage, layout)
        for row in rows:
            yield row, OLDER if stage.still else STYLES[stage.state]


def _wide(stage: Stage, layout: Layout) -> Iterator[str]:
    yield f"{_start(stage, layout, 24)}  {text.pad(_object(stage), 40)}  {_detail(stage)}".rstrip()


def _narrow(stage: Stage, layout: Layout) -> Iterator[str]:
    """One row for each stage; below one that is not done, its object and what it waits for."""
    quiet = stage.still and _shown_state(stage) is State.WAITING
    done = _detail(stage) if stage.state is State.DONE or quiet else ""
    yield f"{_start(stage, layout, 22)}  {done}".rstrip()
    if stage.state in {State.WORKING, State.FAILED}:
        yield from (f"    {detail}" for detail in (_object(stage), _detail(stage)) if detail)


def _start(stage: Stage, layout: Layout, title: int) -> str:
    shown = _shown_state(stage)
    # The time of an ended run of another commit is not shown.
    elapsed = "" if stage.still and stage.until else text.duration(stage.elapsed(layout.now))
    return f"{layout.symbols.of(shown)} {text.pad(stage.title, title)} {shown!s:<7} {elapsed:>6}"


def _shown_state(stage: Stage) -> State:
    """The state for the followed commit: a stage that is done for another commit is waiting for it."""
    return State.WAITING if stage.still and stage.state is State.DONE else stage.state


def _object(stage: Stage) -> str:
    ref = stage.leaf or stage.object
    return str(ref) if ref else ""


def _detail(stage: Stage) -> str:
    if stage.still:
        return changes.still(stage)
    return changes.output(stage.output) if stage.state is State.DONE else changes.about(stage)


def _cause(snapshot: Snapshot, layout: Layout) -> Iterator[Line]:
    blockage = snapshot.blockage
    if blockage is None or not blockage.is_shown:
        return
    style = "bold red" if blockage.state is State.FAILED else "yellow"
    for line in _wrapped(f"{layout.symbols.of(blockage.state)} {blockage.cause}", layout):
        yield line, style
    for label, command in (("next", blockage.next), ("again", blockage.again)):
        for line in _wrapped(f"  {label}: {command}" if command else "", layout):
            yield line, ""


def _wrapped(line: str, layout: Layout) -> list[str]:
    """Wrap a line instead of cutting it: a cause and a command must be complete."""
    return textwrap.wrap(line, layout.width, subsequent_indent="    ", break_on_hyphens=False)
