"""``pkgops supplychain``."""

from __future__ import annotations

import typer

from pkgops.cli.groups import Configured, spread
from pkgops.cli.options import CreateNamespace, DryRun, Output, OutputFormat, Progress, ProgressMode, Yes
from pkgops.cli.session import consent, session

app = typer.Typer(rich_markup_mode=None, help="Install the supply chain, the delivery and their templates.")


@app.callback()
def root() -> None:
    """Install the supply chain, the delivery and their templates."""


@app.command()
@spread
def up(
    *,
    configured: Configured,
    create_namespace: CreateNamespace = False,
    yes: Yes = False,
    dry_run: DryRun = False,
    output: Output = OutputFormat.TEXT,
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Install or update the supply chain, the delivery, their templates, tasks and RBAC.

    Objects that were removed from the templates since the last time are deleted. The record is one that kapp
    reads: kapp inspect -a example-workflows.
    """
    with session(progress) as shown:
        target = shown.target(configured.settings(), dry_run=dry_run)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.install import Install, install
        from pkgops.view import plans

        agree = consent(shown, confirms=target.confirms, yes=yes, dry_run=dry_run)
        how = Install(create_namespace, dry_run, agree)
        done = install(target, target.settings.environments, how, shown.ports)
    steps = [(step.op, step.ref) for plan in done.plans for step in plan.steps]
    print(plans.document(steps, dry_run) if output is OutputFormat.JSON else plans.table(steps, dry_run))
