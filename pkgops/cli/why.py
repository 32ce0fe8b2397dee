"""``pkgops why``."""

from __future__ import annotations

import shutil

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Record,
    Templates,
    Values,
    WorkloadName,
)
from pkgops.cli.session import session, settings


def command(
    name: WorkloadName = None,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    record: Record = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show what blocks the pipeline: the deepest cause, its evidence, and the next command.

    Ends with 0 where everything is healthy or in progress, 1 where something failed or is stale, 3 where it
    is unknown because something cannot be read, 4 where it is blocked without anything to repair.
    """
    from pkgops.flows import record as recording
    from pkgops.flows import why as flow
    from pkgops.view import why as view

    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        found = flow.why(target, name, shown.ports)
        if record and found.seen is not None:
            recording.save(record, found.seen, shown.ports.now)
    if output is OutputFormat.JSON:
        print(view.document(found.name, found.snapshot, found.blockages))
    else:
        print(view.report(found.name, found.snapshot, found.blockages, shutil.get_terminal_size().columns))
    return found.exit_code
