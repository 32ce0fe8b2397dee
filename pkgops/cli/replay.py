"""``pkgops replay``."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pkgops.cli.options import Output, OutputFormat

if TYPE_CHECKING:
    from pkgops.flows.replay import Moment, Recording


class Show(StrEnum):
    """The view of a moment."""

    WHY = "why"
    STATUS = "status"
    BOARD = "board"
    TRACE = "trace"


File = Annotated[Path, typer.Argument(metavar="FILE", help="A recording; may be compressed with gzip.")]
At = Annotated[
    float | None,
    typer.Option("--at", metavar="SECONDS", help="The moment; the end if left out.", show_default=False),
]
Kind = Annotated[Show, typer.Option("--show", help="What to show of that moment.")]
Name = Annotated[str, typer.Option("--workload", metavar="NAME", help="Which workload.", show_default=False)]
Lines = Annotated[bool, typer.Option("--all", help="Every change from the beginning on, a line for each.")]


def command(
    file: File,
    at: At = None,
    show: Kind = Show.WHY,
    workload: Name = "",
    lines: Lines = False,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show the state of a recording at any moment, without a cluster: the board, status, why or trace."""
    from pkgops.flows import replay as flow

    recorded = flow.load(file)
    as_json = output is OutputFormat.JSON
    if lines:
        return _lines(recorded, workload, as_json=as_json)
    moment = flow.moment(recorded, recorded.length if at is None else at, workload)
    shown = {Show.WHY: _why, Show.STATUS: _status, Show.BOARD: _board, Show.TRACE: _trace}[show]
    print(shown(moment, as_json))
    return 0


def _why(moment: Moment, as_json: bool) -> str:
    from pkgops.view import why as view

    snapshot = moment.snapshot
    if as_json:
        return view.document(moment.name, snapshot, snapshot.blockages)
    return view.report(moment.name, snapshot, snapshot.blockages, shutil.get_terminal_size().columns)


def _status(moment: Moment, as_json: bool) -> str:
    from pkgops.view import status as view

    return view.document([moment.snapshot]) if as_json else view.table([moment.snapshot])


def _board(moment: Moment, as_json: bool) -> str:
    from pkgops.view import board as view
    from pkgops.view import snapshots

    if as_json:
        return snapshots.document(moment.snapshot)
    layout = view.Layout(moment.snapshot.taken_at, moment.began, shutil.get_terminal_size().columns)
    return "\n".join(line for line, _ in view.board(moment.snapshot, layout))


def _trace(moment: Moment, as_json: bool) -> str:
    from pkgops.flows import trace as flow
    from pkgops.view import trace as view

    traced = flow.of_tracker(
        moment.tracker, moment.name, moment.snapshot.taken_at, flow.recorded(moment.registry)
    )
    if as_json:
        return view.document(traced.name, traced.chains)
    return view.report(traced.name, traced.chains, shutil.get_terminal_size().columns)


def _lines(found: Recording, workload: str, *, as_json: bool) -> int:
    from pkgops.flows import replay as flow
    from pkgops.view.lines import LineProgress

    progress = LineProgress(sys.stdout, found.began, as_json=as_json)
    for snapshot in flow.play(found, workload):
        progress.snapshot(snapshot)
    return 0
