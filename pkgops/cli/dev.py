"""``pkgops dev``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pkgops.cli.groups import Configured, spread
from pkgops.cli.options import CreateNamespace, Progress, ProgressMode, Timeout, Yes
from pkgops.cli.session import Session, consent, limits_of, named_after_folder, session
from pkgops.cli.workloads import of_folder

if TYPE_CHECKING:
    from pkgops.settings import Settings

HINT = "r again   l log   o open   t tests on/off   q quit"


@spread
def command(
    *,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="The folder of the sources; pkgops.source of the configuration, else this folder.",
            show_default=False,
        ),
    ] = None,
    configured: Configured,
    create_namespace: CreateNamespace = False,
    timeout: Timeout = None,
    yes: Yes = False,
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Follow a folder: every save is tested, built, delivered and answers, seconds later.

    Starts as pkgops up does. Each save (gathered for 300 ms; ignored files do not count) becomes a
    commit on the local cluster's Git server, and a newer one supersedes the one before. Where a test fails
    its lines are shown, and the previous version keeps answering.

    On a terminal: r runs the same again, l shows more of the log, o opens the app, t turns the tests on
    or off, q ends and prompts for what to keep. Ctrl-C ends at once.
    """
    begin(configured, folder, timeout, progress, create_namespace=create_namespace, yes=yes)


def begin(
    configured: Configured,
    folder: Path | None,
    timeout: str | None,
    progress: ProgressMode,
    *,
    create_namespace: bool,
    yes: bool,
) -> None:
    """Follow a folder, else that of the configuration, else the working folder."""
    settings = configured.settings(folder)
    source = folder or settings.source or Path()
    if folder is None and settings.source is None:
        settings = configured.settings(source)
    settings = of_folder(settings, source)
    with session(progress) as shown:
        develop(shown, settings, source, timeout, create_namespace=create_namespace, yes=yes)


def develop(
    shown: Session,
    settings: Settings,
    source: Path,
    timeout: str | None,
    *,
    create_namespace: bool,
    yes: bool,
) -> None:
    """Follow a folder until the user ends it, and prompt for what to keep."""
    from pkgops.flows import sources

    settings, named = named_after_folder(settings, source)
    sources.check(settings, source)
    target = shown.target(settings)
    # Imported late: the cluster is named before anything heavy is loaded.
    from pkgops.cli import leave
    from pkgops.cli.keys import Keys, available
    from pkgops.flows.dev.answers import DevRequest
    from pkgops.flows.dev.follow import dev
    from pkgops.flows.install import Install
    from pkgops.view import up_result

    if named:
        shown.ports.note(named)
    agree = consent(shown, confirms=target.confirms, yes=yes)
    how, limits = Install(create_namespace, agree=agree), limits_of(timeout, target.settings, "up")
    if available():
        shown.progress.hint(HINT)
    request = DevRequest(
        folder=source,
        how=how,
        limits=limits,
        describe=up_result.sentence,
        keys=Keys,
        opens=leave.open_address,
    )
    workload = dev(target, request, shown.ports)
    leave.ask(shown, target, workload)
