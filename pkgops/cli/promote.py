"""``pkgops promote``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pkgops.cli.options import (
    Context,
    DryRun,
    Namespace,
    Output,
    OutputFormat,
    Progress,
    ProgressMode,
    Record,
    Templates,
    Timeout,
    Values,
    WorkloadName,
    Yes,
    Ytt,
)
from pkgops.cli.session import confirm, limits_of, recording, session, settings

if TYPE_CHECKING:
    from pkgops.flows.promote import Promotion


def command(
    name: WorkloadName = None,
    to: Annotated[str, typer.Option("--to", metavar="ENV", help="The environment.")] = ...,  # type: ignore[assignment]
    version: Annotated[
        str | None,
        typer.Option("--version", metavar="V", help="This version instead.", show_default=False),
    ] = None,
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
    ytt: Ytt = None,
    timeout: Timeout = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    record: Record = None,
    output: Output = OutputFormat.TEXT,
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Bring the version of the first environment to another one, and hold it there.

    The environment is pinned: later builds do not move it. What is not healthy in the first
    environment is refused (exit 5).
    """
    with session(progress) as shown, recording(record) as recorder:
        target = shown.target(settings(values, context, namespace, templates, ytt), start=False)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.promote import Request, promote
        from pkgops.view import promotion as view

        def agree(change: Promotion) -> None:
            if target.asks and not yes and not dry_run:
                shown.progress.close()
                confirm(target.name, _table(change).splitlines())

        limits = limits_of(timeout, target.settings, "promote")
        request = Request(name, to, limits, version or "", dry_run)
        done = promote(target, request, agree, shown.ports, recorder)
    if output is OutputFormat.JSON:
        print(view.document(done.workload, done.environment, asdict(done.before), asdict(done.after)))
    else:
        print(_table(done))


def _table(change: Promotion) -> str:
    from pkgops.view import promotion as view

    return view.table(change.environment, asdict(change.before), asdict(change.after))
