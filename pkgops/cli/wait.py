"""``pkgops wait``."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Progress,
    ProgressMode,
    Record,
    Report,
    Templates,
    Timeout,
    Values,
    WorkloadName,
    environment_option,
)
from pkgops.cli.report_files import reported
from pkgops.cli.session import limits_of, recording, session, settings

Revision = Annotated[
    str, typer.Option("--revision", metavar="COMMIT", help="The commit to wait for.", show_default=False)
]
For = Annotated[
    list[str] | None,
    environment_option("An environment to wait for; may be given several times.", "--for"),
]
Built = Annotated[bool, typer.Option("--built", help="Only until the package is pushed.")]


def command(
    name: WorkloadName = None,
    revision: Revision = "",
    environments: For = None,
    built: Built = False,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    timeout: Timeout = None,
    progress: Progress = ProgressMode.AUTO,
    record: Record = None,
    report: Report = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Wait until the pipeline has ended, and exit with its outcome.

    Changes nothing. Ends with 0 when the newest commit (or --revision) runs, 1 when a step failed or
    the package is stale, 3 when that cannot be read, 4 when the time is over. Running it again gives the same
    result.
    """
    from pkgops.flows import wait as flow
    from pkgops.flows.run.goal import Goal
    from pkgops.view import status as view

    goal = Goal(revision=revision, environments=tuple(environments or ()), deliver=not built)
    with session(progress) as shown, recording(record) as recorder, reported(report, shown, name):
        target = shown.target(settings(values, context, namespace, templates), start=False)
        limits = limits_of(timeout, target.settings, "up")
        outcome = flow.wait(target, name, goal, limits, shown.ports, recorder)
    found = [outcome.snapshot]
    print(view.document(found) if output is OutputFormat.JSON else view.table(found))
    return 0
