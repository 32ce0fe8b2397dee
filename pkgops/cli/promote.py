"""``pkgops promote``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops.cli.diff import coloured, live_of, parts_of
from pkgops.cli.gates import Override, Reason, fields_of, overrides, rows_of
from pkgops.cli.groups import Configured, Run, spread
from pkgops.cli.options import WorkloadName, environment_option, source_option
from pkgops.cli.report_files import reported
from pkgops.cli.session import Session, confirm, limits_of, recording, session
from pkgops.cli.verify import viewed
from pkgops.errors import UsageError

if TYPE_CHECKING:
    from pkgops.flows.promotion.change import Promotion
    from pkgops.flows.target import Target
    from pkgops.flows.verification.result import Verification


@spread
def command(
    *,
    name: WorkloadName = None,
    to: Annotated[str, environment_option("The environment.", "--to")] = "",
    source: Annotated[str, source_option()] = "",
    version: Annotated[
        str | None,
        typer.Option("--version", metavar="V", help="This version instead.", show_default=False),
    ] = None,
    plan: Annotated[
        Path | None,
        typer.Option(
            "--plan",
            metavar="FILE",
            help="With --dry-run: write the plan to it. Without: carry out exactly that plan, or refuse.",
            show_default=False,
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Verify it there afterwards; see onFailure of the environment.")
    ] = False,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait",
            help="Wait until pending gates pass, or --timeout is over; the change has the same time again.",
        ),
    ] = False,
    override: Override = None,
    reason: Reason = "",
    configured: Configured,
    run: Run,
) -> None:
    """Pin this environment to the version of the environment before it.

    Later builds do not change it. A version that is not healthy in its source environment,
    or does not pass a gate of the environment, is refused (exit 5); with --wait only one that cannot pass
    any more, and one that is still pending when the time is over ends with 4. With --verify it ends with 1
    where a check of the environment fails, and with 3 where that is unknown.
    """
    if not to and (plan is None or run.dry_run):
        # --to alone may be left out, and only where a plan names the environment.
        raise UsageError("Missing option '--to' / '--env'.", next="pkgops promote --help")
    if wait and run.dry_run:
        raise UsageError("--wait waits before a change, and --dry-run makes none", slug="wait-dry-run")
    with (
        session(run.progress) as shown,
        recording(run.record) as recorder,
        reported([] if run.dry_run else run.report, shown, name),
    ):
        target = shown.target(configured.settings(), start=False, dry_run=run.dry_run)
        if not run.dry_run:
            shown.notify(target.settings)
        # Imported late: the cluster is named before anything heavy is loaded.
        from pkgops.flows.gates import GateQuery
        from pkgops.flows.promote import PromoteRequest, promote
        from pkgops.flows.promotion import plan as plans
        from pkgops.flows.read_snapshot import environment_setting

        kept = plans.read(plan) if plan and not run.dry_run else None
        if kept:
            plans.check_named(kept, name, to, version)
            name, to, version = name or kept.workload, to or kept.environment, version or kept.after.version

        limits = limits_of(run.timeout, target.settings, "promote")
        request = PromoteRequest(
            wanted=GateQuery(name, to, version or "", source),
            limits=limits,
            dry_run=run.dry_run,
            plan=kept,
            overrides=overrides(override, reason),
            wait=wait,
        )
        verified = None
        agree = agreement(shown, target, run)
        if verify:
            from pkgops.flows.promote_verified import promote_verified

            done, verified = promote_verified(target, request, agree, shown.ports, recorder)
        else:
            done = promote(target, request, agree, shown.ports, recorder)
        if plan and run.dry_run:
            setting = environment_setting(target, to)
            plans.write(plans.of(done, target.clusters.of(setting).server), plan)
    show(done, run, "Promotion", verified)


def agreement(shown: Session, target: Target, run: Run) -> Callable[[Promotion], None]:
    """Return the function that asks the user to confirm a change, where the cluster requires that."""

    def agree(change: Promotion) -> None:
        if target.confirms and not run.yes and not run.dry_run:
            shown.progress.close()
            confirm(target.name, table_text(change).splitlines())

    return agree


def show(done: Promotion, run: Run, kind: str, verified: Verification | None = None) -> None:
    """Print what a change did, or would do; ``kind`` is that of the JSON document."""
    from pkgops.view import promotion as view
    from pkgops.view import verification

    if run.as_json:
        releases = (asdict(done.before), asdict(done.after))
        more = {"changes": _difference(done), "commits": _commits(done)}
        more["verification"] = verification.fields(viewed(verified)) if verified else None
        gates_fields = fields_of(done.gates)
        print(view.document(kind, done.workload, done.environment, *releases, gates_fields, more))
    else:
        print(table_text(done))
        if verified:
            print(f"\n{verification.table(viewed(verified))}")
        if run.dry_run:
            print(gates_text(done) + changes_text(done))


def table_text(change: Promotion) -> str:
    """Return the versions before and after, as text."""
    from pkgops.view import promotion as view

    return view.table(change.environment, asdict(change.before), asdict(change.after))


def gates_text(change: Promotion) -> str:
    """Return the gates of a dry run, as text."""
    from pkgops.view import gates

    rows = rows_of(change.gates)
    return f"\n{gates.report(change.environment, change.after.version, rows)}\n" if rows else ""


def changes_text(change: Promotion) -> str:
    """Return the difference and the commits of a dry run, as text."""
    from pkgops.view import commits, diff

    built = commits.report(change.before.version, change.commits) if change.commits else ""
    difference = change.difference
    if difference is None:
        unknown = change.unknown
        return f"\n{built}what would change is unknown: {unknown.summary if unknown else ''}"
    changes = diff.changes(parts_of(difference), live_of(difference), colour=coloured())
    return f"\n{f'{built}{changes}'.strip()}"


def _difference(change: Promotion) -> dict[str, Any] | None:
    """Return the difference of a dry run as JSON values; None where it is unknown."""
    from pkgops.view import diff

    difference = change.difference
    return diff.fields(parts_of(difference), live_of(difference)) if difference else None


def _commits(change: Promotion) -> dict[str, Any] | None:
    """Return the commits of a dry run as JSON values."""
    from pkgops.view import commits

    return commits.fields(change.commits) if change.commits else None
