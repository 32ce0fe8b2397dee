"""``pkgops deliver``."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.options import (
    Context,
    CreateNamespace,
    DryRun,
    Namespace,
    Output,
    OutputFormat,
    Progress,
    ProgressMode,
    Record,
    Templates,
    Timeout,
    Values,
    Yes,
    Ytt,
)
from pkgops.cli.session import consent, limits_of, recording, session, settings


def command(
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="ENV", help="The environment; the first where left out.", show_default=False
        ),
    ] = None,
    values: Values = None,
    context: Context = None,
    namespace: Namespace = None,
    templates: Templates = None,
    ytt: Ytt = None,
    create_namespace: CreateNamespace = False,
    timeout: Timeout = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    record: Record = None,
    output: Output = OutputFormat.TEXT,
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Deliver the package to an environment, which follows new versions from then on.

    An environment that was pinned by a promotion is let go.
    """
    with session(progress) as shown, recording(record) as recorder:
        target = shown.target(settings(values, context, namespace, templates, ytt))
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.deliver import deliver
        from pkgops.flows.install import Install
        from pkgops.view import delivered, plans

        how = Install(create_namespace, dry_run, consent(shown, asks=target.asks, yes=yes, dry_run=dry_run))
        limits = limits_of(timeout, target.settings, "deliver")
        environment = to or target.settings.environments[0].name
        done = deliver(target, environment, how, shown.ports, limits, recorder)
    as_json, workload = output is OutputFormat.JSON, target.settings.workload
    if done.environment is None or done.answer is None:
        steps = [(step.op, step.ref) for step in done.steps]
        print(plans.document(steps, dry_run) if as_json else plans.table(steps, dry_run))
    elif as_json:
        print(delivered.document(workload, done.environment, done.answer.status, done.answer.body))
    else:
        print(delivered.sentence(workload, done.environment, done.answer.status))
