"""``pkgops trace``."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Record, Templates, Values
from pkgops.cli.session import recording, session, settings

What = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME|IMAGE@DIGEST|URL]",
        help="A workload, an image by digest, or an app's URL.",
        show_default=False,
    ),
]


def command(
    what: What = None,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    record: Record = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Trace a running image back to its commit; each step is compared by digest in the registry.

    Pod, image, ops bundle, package version, package bundle, push, build, source, commit. Steps that differ
    or are unknown are named. Ends with 1 where a step differs, 3 where one cannot be read.
    """
    from pkgops.flows import trace as flow
    from pkgops.view import trace as view

    with session("plain") as shown, recording(record) as recorder:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        found = flow.trace(target, what, shown.ports, recorder)
    if output is OutputFormat.JSON:
        print(view.document(found.name, found.chains))
    else:
        print(view.report(found.name, found.chains, shutil.get_terminal_size().columns, found.next))
    return found.exit_code
