"""``pkgops gates``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Templates,
    Values,
    WorkloadName,
    environment_option,
    source_option,
)
from pkgops.cli.session import session, settings
from pkgops.errors import UsageError

if TYPE_CHECKING:
    from pkgops.flows.promotion.gates.evaluate import Outcome
    from pkgops.view import gates as views

Override = Annotated[
    list[str] | None,
    typer.Option(
        "--override",
        metavar="GATE",
        help="Override this gate; needs --reason; may be given several times.",
        show_default=False,
    ),
]
Reason = Annotated[
    str,
    typer.Option("--reason", metavar="TEXT", help="Why; it is recorded for ever.", show_default=False),
]


def command(
    name: WorkloadName = None,
    to: Annotated[str, environment_option("The environment that would change.", "--to")] = "",
    version: Annotated[
        str,
        typer.Option(
            "--version",
            metavar="V",
            help="This version instead of the environment's before.",
            show_default=False,
        ),
    ] = "",
    source: Annotated[str, source_option()] = "",
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show the verdicts of an environment's gates on the version that would be promoted to it.

    Each gate passes, fails or is pending, with its evidence and what would satisfy it. Ends with 0
    where all pass, else with 5.
    """
    from pkgops.errors import Exit
    from pkgops.flows import gates as flow
    from pkgops.view import gates as view

    if not to:
        raise UsageError("Missing option '--to' / '--env'.", next="pkgops gates --help")
    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        found = flow.gates(target, flow.GateQuery(name, to, version, source), shown.ports)
    rows = rows_of(found.outcomes)
    case = found.case
    if output is OutputFormat.JSON:
        print(view.document(case.workload, to, str(case.action), case.after.version, rows))
    else:
        print(view.report(to, case.after.version, rows))
    return Exit.DONE if all(row.passes for row in rows) else Exit.REFUSED


def overrides(given: list[str] | None, reason: str) -> dict[str, str]:
    """Return the gates to override, each with the reason.

    Raises:
        UsageError: a reason without an override.
    """
    if reason and not given:
        raise UsageError(
            "--reason is for overriding a gate, and none is overridden",
            next="--override GATE",
            slug="reason-of-what",
        )
    return dict.fromkeys(given or [], reason)


def rows_of(outcomes: Sequence[Outcome]) -> list[views.Row]:
    """Return gates in the form of the view."""
    return [_row(one) for one in outcomes]


def fields_of(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return gates as JSON values."""
    from pkgops.view import gates as view

    return view.fields(rows_of(outcomes))


def _row(one: Outcome) -> views.Row:
    from pkgops.view import gates as view

    return view.Row(
        gate=one.gate.name,
        type=one.gate.type,
        state=str(one.verdict.state),
        evidence=one.verdict.evidence,
        detail=one.verdict.detail,
        remedy=one.verdict.remedy,
        overridable=one.gate.overridable,
        overridden=one.recorded().overridden,
    )
