"""``pkgops rollback``."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.gates import Override, Reason, overrides
from pkgops.cli.groups import Configured, Run, spread
from pkgops.cli.options import WorkloadName, environment_option
from pkgops.cli.promote import agreement, show
from pkgops.cli.report_files import reported
from pkgops.cli.session import limits_of, recording, session


@spread
def command(
    *,
    name: WorkloadName = None,
    environment: Annotated[str, environment_option("The environment.")],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="V",
            help="This version; by default the last healthy one before.",
            show_default=False,
        ),
    ] = "",
    override: Override = None,
    reason: Reason = "",
    configured: Configured,
    run: Run,
) -> None:
    """Roll an environment back to an earlier version, and pin it to that.

    Without --to it is the last healthy release before the one that runs, by the records that
    'pkgops history' shows. Later builds do not undo it.
    """
    with (
        session(run.progress) as shown,
        recording(run.record) as recorder,
        reported([] if run.dry_run else run.report, shown, name),
    ):
        target = shown.target(configured.settings(), start=False, dry_run=run.dry_run)
        if not run.dry_run:
            shown.notify(target.settings)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.rollback import RollbackRequest, rollback

        limits = limits_of(run.timeout, target.settings, "promote")
        request = RollbackRequest(
            name=name,
            environment=environment,
            limits=limits,
            version=to,
            dry_run=run.dry_run,
            overrides=overrides(override, reason),
        )
        done = rollback(target, request, agreement(shown, target, run), shown.ports, recorder)
    show(done, run, "Rollback")
