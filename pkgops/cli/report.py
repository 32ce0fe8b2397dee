"""``pkgops report``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pkgops.cli import report_files
from pkgops.cli.options import Context, Namespace, Templates, Values, options_of
from pkgops.cli.recorded import Subject, Workload, recording_of
from pkgops.cli.session import session, settings

if TYPE_CHECKING:
    from pkgops.flows.report import Moment

Page = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The web page to write.")]
JUnit = Annotated[
    Path | None,
    typer.Option(
        "--junit", metavar="FILE", help="The stages as JUnit XML, for CI systems.", show_default=False
    ),
]


def command(
    subject: Subject = None,
    page: Page = Path("report.html"),
    junit: JUnit = None,
    workload: Workload = "",
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
) -> int:
    """Write a report of a pipeline as one web page that makes no requests.

    It opens from disk: the stages as a graph with their objects, the timeline, the environments, and
    their causes. Of a recording it contains every moment, with a slider. Ends with 3 where something of a
    cluster cannot be read; the page shows what.
    """
    from pkgops.errors import Exit

    path = recording_of(subject, None, workload)
    if path is not None:
        from pkgops.flows import replay
        from pkgops.flows import report as flow

        moments = list(flow.recorded(replay.load(path), workload))
        _write(moments, f"recording {path.name}", page, junit)
        return Exit.DONE
    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        from pkgops.flows import report as flow

        found = flow.now(target, subject, shown.ports)
    _write([found], target.name, page, junit, options_of(values, context, namespace, templates))
    for gap in found.snapshot.unreadable:
        print(f"unknown: {gap.sentence}")
    if found.step:
        print(f"next: {found.step}")
    return found.exit_code


def _write(
    moments: list[Moment], source: str, page: Path, junit: Path | None, options: Sequence[str] = ()
) -> None:
    kept = report_files.write_page(page, moments, source, options)
    print(f"{page}: {kept} moment{'' if kept == 1 else 's'}")
    if junit is not None:
        report_files.write_junit(junit, moments[-1])
        print(junit)
