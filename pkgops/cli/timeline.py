"""``pkgops timeline``."""

from __future__ import annotations

import shutil
import sys
from typing import Annotated

import typer

from pkgops.cli.options import Context, Namespace, Output, OutputFormat, Templates, Values
from pkgops.cli.recorded import At, Subject, Workload, recording_of
from pkgops.cli.session import session, settings

Earlier = Annotated[bool, typer.Option("--all", help="Earlier runs too, for comparison.")]


def command(
    subject: Subject = None,
    at: At = None,
    workload: Workload = "",
    earlier: Earlier = False,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show when each stage and each container waited and worked, as bars on one time scale.

    The times are those in the objects (steps of TaskRuns and Builds, conditions, installs), so
    they are accurate to a second at best; the changes of an environment by pkgops have those of their
    records. Times that no object has are shown as unknown. Ends with 3 where something of it cannot be read.
    """
    from pkgops.errors import Exit
    from pkgops.view import timeline as view

    code, step = Exit.DONE, ""
    path = recording_of(subject, at, workload)
    if path is not None:
        from pkgops.flows import replay

        found = replay.load(path)
        moment = replay.moment(found, found.length if at is None else at, workload)
        times = moment.tracker.timeline(moment.snapshot)
    else:
        with session("plain") as shown:
            target = shown.target(settings(values, context, namespace, templates), start=False)
            from pkgops.flows import history, read_snapshot, without_workload

            target, name = without_workload.chosen(target, subject)
            tracker = read_snapshot.tracker(target, name)
            snapshot = tracker.snapshot(shown.ports.now())
            pasts = history.of_tracker(target, name, tracker, snapshot, target.settings.environments)
            times = history.in_times(tracker.timeline(snapshot), snapshot, pasts)
            code = history.exit_code(snapshot, times, pasts)
            step = history.step(snapshot, pasts)
    if output is OutputFormat.JSON:
        print(view.document(times))
        return code
    utf8 = (sys.stdout.encoding or "").lower().startswith("utf")
    bars = view.BARS if utf8 else view.PLAIN_BARS
    print(view.report(times, view.Layout(shutil.get_terminal_size((100, 24)).columns, bars, earlier)))
    if step:
        print(f"next: {step}")
    return code
