"""``pkgops status``."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Values, WorkloadName
from pkgops.cli.session import session, settings

ExitCode = Annotated[
    bool,
    typer.Option(
        "--exit-code", help="End with 1 where something failed or is stale, 4 where it is on its way."
    ),
]


def command(
    name: WorkloadName = None,
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    exit_code: ExitCode = False,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show what runs in each environment: version, commit, image, health, pinned or following.

    'stale' means that the running image is not the one that was built last.
    """
    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace), start=False)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows import status as flow
        from pkgops.view import status as view

        found = flow.status(target, name, shown.ports)
    print(view.document(found) if output is OutputFormat.JSON else view.table(found))
    return flow.exit_code(found) if exit_code else 0
