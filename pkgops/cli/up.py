"""``pkgops up``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pkgops.cli.groups import Configured, Run, spread
from pkgops.cli.options import CreateNamespace, WorkloadNames
from pkgops.cli.report_files import reported
from pkgops.cli.session import consent, limits_of, named_after_folder, recording, session
from pkgops.cli.up_output import show
from pkgops.cli.workloads import chosen, on_the_cluster
from pkgops.errors import UsageError

Source = Annotated[
    Path | None,
    typer.Option(
        "--source",
        metavar="DIR",
        help="Push this folder as it is to the local cluster's Git server first.",
        show_default=False,
    ),
]


@spread
def command(
    *,
    names: WorkloadNames = None,
    source: Source = None,
    configured: Configured,
    create_namespace: CreateNamespace = False,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Submit and do not wait.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Then follow every save, as pkgops dev does.")
    ] = False,
    run: Run,
) -> None:
    """Build and deliver a commit until the app answers.

    Starts the cluster on this machine where that is the target, installs the supply chain and the
    delivery, submits the workload and its deliverable for the first environment, and waits until the
    image that was built from this commit answers there.

    With several NAMEs, or a configuration that lists several workloads, all of them at once.
    """
    if watch:
        whole = not (names or no_wait)
        _watch(configured, source, run, whole=whole, create_namespace=create_namespace)
        return
    settings = configured.settings(source)
    wanted = chosen(settings, names or [])
    if len(wanted) > 1:
        from pkgops.cli import up_several

        _refuse_for_several(source, run)
        up_several.run(settings, wanted, run, create_namespace=create_namespace, wait=not no_wait)
        return
    with (
        session(run.progress) as shown,
        recording(run.record) as recorder,
        reported([] if run.dry_run else run.report, shown, "".join(wanted)),
    ):
        from pkgops.flows import sources

        settings, named = named_after_folder(settings.for_workload("".join(wanted)), source)
        sources.check(settings, source or settings.source)
        target = shown.target(settings, dry_run=run.dry_run)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.install import Install
        from pkgops.flows.up import UpRequest, up

        agree = consent(shown, confirms=target.confirms, yes=run.yes, dry_run=run.dry_run)
        limits = limits_of(run.timeout, target.settings, "up")
        target = on_the_cluster(target, "".join(wanted))
        if named:
            shown.ports.note(named)
        folder = source or (target.settings.source if target.local else None)
        request = UpRequest(
            how=Install(create_namespace, run.dry_run, agree), limits=limits, source=folder, wait=not no_wait
        )
        done = up(target, request, shown.ports, recorder)
    show(done, target.settings, run.dry_run, run.as_json)


def _refuse_for_several(source: Path | None, run: Run) -> None:
    if source is not None or run.record or run.report:
        raise UsageError(
            "--source, --record and --report are for one workload",
            next="name one workload, or write each source into the configuration",
            slug="usage",
        )


def _watch(
    configured: Configured, source: Path | None, run: Run, *, whole: bool, create_namespace: bool
) -> None:
    if not whole or run.dry_run or run.as_json or run.record or run.report:
        raise UsageError(
            "--watch cannot be combined with NAME, --no-wait, --dry-run, --record, --report or -o json",
            next="pkgops dev DIR follows a folder",
            slug="usage",
        )
    from pkgops.cli import dev

    dev.begin(configured, source, run.timeout, run.progress, create_namespace=create_namespace, yes=run.yes)
