"""``pkgops logs``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from pkgops.cli.logs_follow import Command
from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Stage,
    Templates,
    Within,
    WorkloadName,
    values_option,
)
from pkgops.cli.session import session, settings

__all__ = ["Command", "command"]

Follow = Annotated[
    bool,
    typer.Option(
        "--follow",
        "-F",
        "-f",
        help="Follow until interrupted; before a file, -f is --file.",
    ),
]
Previous = Annotated[bool, typer.Option("--previous", help="The container instances before a restart.")]
# Its short form means --follow here, as in kubectl, except before a file.
Values = Annotated[list[Path] | None, values_option("--file", "--values")]
Tail = Annotated[int | None, typer.Option("--tail", metavar="N", help="The last N lines of each container.")]
Timestamps = Annotated[bool, typer.Option("--timestamps", help="Show when each line was written.")]


def command(
    name: WorkloadName = None,
    stage: Stage = "",
    environment: Within = "",
    follow: Follow = False,
    previous: Previous = False,
    tail: Tail = None,
    timestamps: Timestamps = False,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Show the logs of all pods of the pipeline, by stage and in time order.

    Where a pod has written nothing, the reason is shown.
    """
    from pkgops.flows import logs as flow
    from pkgops.flows.log_sources import LogQuery
    from pkgops.view import logs as view

    wanted = LogQuery(stage, previous, tail, environment)
    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        lines = (flow.follow if follow else flow.logs)(target, name, wanted, shown.ports)
        colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        view.show(
            lines, sys.stdout, colour=colour, timestamps=timestamps, as_json=output is OutputFormat.JSON
        )
