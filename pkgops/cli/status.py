"""``pkgops status`` for typer; plain arguments are parsed in :mod:`pkgops.cli.main`."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Templates, Values, WorkloadName
from pkgops.cli.status_run import StatusArguments, run

ExitCode = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        help="End with 1 where something failed or is stale, 3 where unknown, 4 where in progress.",
    ),
]


def command(
    name: WorkloadName = None,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    exit_code: ExitCode = False,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show what runs in each environment: version, commit, image, health, pinned or following.

    'stale' means that the running image is not the one that was built last. Ends with 3 where the
    cluster of an environment does not answer: the others are still shown.
    """
    as_json = output is OutputFormat.JSON
    return run(
        StatusArguments(
            name=name,
            values=tuple(values or ()),
            templates=tuple(templates or ()),
            context=context,
            namespace=namespace,
            exit_code=exit_code,
            as_json=as_json,
        )
    )
