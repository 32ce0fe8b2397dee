"""What ``pkgops up`` prints at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pkgops.flows.probe import ProbeResult
    from pkgops.flows.up import Done
    from pkgops.settings import Settings


def show(done: Done, settings: Settings, dry_run: bool, as_json: bool) -> None:
    """Print the result of one workload."""
    from pkgops.view import plans, status, up_result

    if done.snapshot is not None and done.environment is None:
        print(status.document([done.snapshot]) if as_json else up_result.built(done.snapshot))
        return
    if done.environment is None:
        steps = [(step.op, step.ref) for step in done.steps]
        print(plans.document(steps, dry_run) if as_json else plans.table(steps, dry_run))
        return
    found = (done.snapshot.workload if done.snapshot else None) or done.environment.owner
    workload = found.name if found else settings.workload
    http_status, body = answered(done.answer)
    if as_json:
        print(up_result.document(workload, done.environment, http_status, body))
        return
    print(up_result.sentence(workload, done.environment, http_status))
    # Only a package can be promoted.
    others = tuple(one.name for one in settings.environments[1:]) if done.environment.version else ()
    print(up_result.hints(workload, done.environment, others))


def answered(answer: ProbeResult | None) -> tuple[int | None, str]:
    """Return the status and body of an answer; None and an empty body where there is no application."""
    return (answer.status, answer.body) if answer else (None, "")
