"""What ``approve``, ``reject`` and ``unreject`` have in common: options and output."""

from __future__ import annotations

from typing import Annotated

import typer

from pkgops.cli.options import environment_option
from pkgops.cli.session import session
from pkgops.settings import Settings

Version = Annotated[str, typer.Argument(metavar="VERSION", help="The package version.", show_default=False)]
Where = Annotated[str, environment_option("The environment; everywhere where left out.", "--to")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.", show_default=False)
]


_SENTENCES = {
    "approve": "{} is approved",
    "reject": "{} is rejected",
    "unreject": "the rejection of {} is revoked",
}


def run(
    kind: str,
    version: str,
    name: str | None,
    to: str,
    reason: str,
    configured: Settings,
) -> int:
    """Record a decision, and print where; ends with 3 where it is not recorded everywhere."""
    from pkgops.errors import Exit
    from pkgops.flows import decide as flow
    from pkgops.flows.promotion.decisions import Kind

    with session("plain") as shown:
        target = shown.target(configured, start=False)
        request = flow.DecisionRequest(kind=Kind(kind), version=version, name=name, to=to, reason=reason)
        ended = flow.decide(target, request, shown.ports)
    for one in ended:
        if one.decision:
            print(f"{one.environment}: {_SENTENCES[kind].format(version)} by {one.decision.by}")
        elif one.error:
            print(f"{one.environment}: not recorded: {one.error.summary}")
    missing = [one for one in ended if one.error and one.error.slug != "not-rejected"]
    return Exit.UNREACHABLE if missing else Exit.DONE
