"""``pkgops up`` of several workloads in parallel."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pkgops.cli.groups import Run
from pkgops.cli.session import Session, consent, limits_of, session
from pkgops.cli.up_output import answered, show
from pkgops.cli.workloads import on_the_cluster
from pkgops.settings import Settings

if TYPE_CHECKING:
    from pkgops.flows.install import Install
    from pkgops.flows.several import Ended, WorkloadUp
    from pkgops.flows.target import Target


def run(settings: Settings, names: Sequence[str], run: Run, *, create_namespace: bool, wait: bool) -> None:
    """Run ``up`` for some workloads, shown on one board.

    Raises:
        PkgopsError: that of the first one that failed; the others are printed before.
    """
    with session(run.progress) as shown:
        target = shown.target(settings, dry_run=run.dry_run)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.install import Install
        from pkgops.flows.several import up_several

        agree = consent(shown, confirms=target.confirms, yes=run.yes, dry_run=run.dry_run)
        how = Install(create_namespace, run.dry_run, agree)
        wanted = [_one(shown, target, settings, name, how, run, wait=wait) for name in names]
        ended = up_several(wanted)
    targets = {one.name: one.target for one in wanted}
    _show(ended, targets, run)


def _one(
    shown: Session, target: Target, settings: Settings, name: str, how: Install, run: Run, *, wait: bool
) -> WorkloadUp:
    from pkgops.flows.several import WorkloadUp
    from pkgops.flows.up import UpRequest

    listed = settings.for_workload(name)
    own = on_the_cluster(target, name) if listed is settings else shown.beside(target, listed)
    folder = own.settings.source if own.local else None
    request = UpRequest(how=how, limits=limits_of(run.timeout, own.settings, "up"), source=folder, wait=wait)
    return WorkloadUp(name, own, request, shown.ports_of(name))


def _show(ended: Sequence[Ended], targets: dict[str, Target], run: Run) -> None:
    from pkgops.view import errors

    failed = [one for one in ended if one.error is not None]
    if run.as_json:
        items = [_document(one, run.dry_run) for one in ended]
        print(
            json.dumps({"apiVersion": errors.API_VERSION, "kind": "DeliveryList", "items": items}, indent=2)
        )
    else:
        for one in ended:
            if one.done is not None:
                show(one.done, targets[one.name].settings, run.dry_run, as_json=False)
        for one in failed[1:]:
            assert one.error is not None
            print(f"{one.name}: {errors.text(one.error)}", file=sys.stderr)
    if failed and failed[0].error is not None:
        failed[0].error.what = f"{failed[0].name}: {failed[0].error.summary}"
        raise failed[0].error


def _document(one: Ended, dry_run: bool) -> dict[str, Any]:
    from pkgops.view import errors, plans, up_result

    if one.error is not None:
        return {**errors.document(one.error), "workload": one.name}
    done = one.done
    if done is None or done.environment is None:
        steps = [(step.op, step.ref) for step in done.steps] if done is not None else []
        found: dict[str, Any] = json.loads(plans.document(steps, dry_run))
    else:
        http_status, body = answered(done.answer)
        found = json.loads(up_result.document(one.name, done.environment, http_status, body))
    return {**found, "workload": one.name}
