"""``pkgops clean``."""

from __future__ import annotations

import json

from pkgops.cli.options import (
    Context,
    DryRun,
    Namespace,
    Output,
    OutputFormat,
    Progress,
    ProgressMode,
    Templates,
    Timeout,
    Values,
    WorkloadName,
    Yes,
)
from pkgops.cli.session import confirm, session, settings, timeout_of


def command(
    name: WorkloadName = None,
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    timeout: Timeout = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    output: Output = OutputFormat.TEXT,
    progress: Progress = ProgressMode.AUTO,
) -> None:
    """Delete what pkgops applied, wait until it is gone, and show what remains.

    With a NAME, that workload and its deliverables only; the templates are kept for the others.
    First the deliverables and what they installed, then the workload, then the supply chain, the
    delivery and their templates. What others applied is not deleted.
    """
    with session(progress) as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False, dry_run=dry_run)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows import clean as flow
        from pkgops.flows import without_workload
        from pkgops.flows.apply_plan import describe
        from pkgops.view import plans

        target, name = without_workload.chosen(target, name) if name else (target, "")
        selected = flow.select(target, name)
        steps = [("delete", ref) for ref in selected.refs]
        if target.confirms and not yes and not dry_run and steps:
            shown.progress.close()
            confirm(target.name, [f"delete {describe(ref)}" for ref in selected.refs])
        if not dry_run:
            seconds = timeout_of(timeout, target.settings, "clean")
            left = flow.clean(target, selected, shown.ports, seconds)
    if dry_run:
        print(plans.document(steps, True) if output is OutputFormat.JSON else plans.table(steps, True))
    elif output is OutputFormat.JSON:
        print(json.dumps(plans.remaining_document(left.objects, left.unknown), indent=2))
    else:
        print(plans.remaining_table(left.objects, left.unknown))
