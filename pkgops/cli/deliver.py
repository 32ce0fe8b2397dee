"""``pkgops deliver``."""

from __future__ import annotations

from typing import Annotated

from pkgops.cli import up_output
from pkgops.cli.groups import Configured, Run, spread
from pkgops.cli.options import CreateNamespace, WorkloadName, environment_option
from pkgops.cli.report_files import reported
from pkgops.cli.session import consent, limits_of, recording, session
from pkgops.cli.workloads import check_one


@spread
def command(
    *,
    name: WorkloadName = None,
    to: Annotated[
        str | None, environment_option("The environment; the first where left out.", "--to")
    ] = None,
    configured: Configured,
    create_namespace: CreateNamespace = False,
    run: Run,
) -> None:
    """Deliver the package to an environment, which follows new versions from then on.

    An environment that was pinned by a promotion is not pinned any more.
    """
    with (
        session(run.progress) as shown,
        recording(run.record) as recorder,
        reported([] if run.dry_run else run.report, shown, name),
    ):
        settings = configured.settings()
        check_one(settings, name)
        target = shown.target(settings, dry_run=run.dry_run)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.deliver import deliver
        from pkgops.flows.install import Install
        from pkgops.flows.read_snapshot import name_of
        from pkgops.view import plans, up_result

        if name:
            target = target.of_workload(name_of(target, name))
        agree = consent(shown, confirms=target.confirms, yes=run.yes, dry_run=run.dry_run)
        how = Install(create_namespace, run.dry_run, agree)
        limits = limits_of(run.timeout, target.settings, "deliver")
        environment = to or target.settings.environments[0].name
        done = deliver(target, environment, how, shown.ports, limits, recorder)
    workload = target.settings.workload
    http_status, body = up_output.answered(done.answer)
    if done.environment is None:
        steps = [(step.op, step.ref) for step in done.steps]
        print(plans.document(steps, run.dry_run) if run.as_json else plans.table(steps, run.dry_run))
    elif run.as_json:
        print(up_result.document(workload, done.environment, http_status, body))
    else:
        print(up_result.sentence(workload, done.environment, http_status))
