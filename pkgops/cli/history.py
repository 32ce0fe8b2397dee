"""``pkgops history``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.cli.options import (
    Context,
    Namespace,
    Output,
    OutputFormat,
    Templates,
    Values,
    Within,
    WorkloadName,
)
from pkgops.cli.session import session, settings

if TYPE_CHECKING:
    from pkgops.flows.history import Past
    from pkgops.flows.releases.release import Record
    from pkgops.view import history as views


def command(
    name: WorkloadName = None,
    environment: Within = "",
    values: Values = None,
    templates: Templates = None,
    context: Context = None,
    namespace: Namespace = None,
    output: Output = OutputFormat.TEXT,
) -> int:
    """Show what changed each environment: when, by whom, from what to what, and how it ended.

    Lists changes by promote, deliver, rollback and up, and roll-outs without a record: of an
    environment that follows a range, by kubectl or kapp. Ends with 3 where these cannot be read.
    """
    from pkgops.errors import Exit
    from pkgops.flows import history as flow
    from pkgops.view import history as view

    with session("plain") as shown:
        target = shown.target(settings(values, context, namespace, templates), start=False)
        workload, found = flow.history(target, name, environment, shown.ports)
    pasts = [past_of(one) for one in found]
    print(view.document(workload, pasts) if output is OutputFormat.JSON else view.table(pasts))
    return Exit.UNREACHABLE if any(one.unknown or one.hidden for one in found) else Exit.DONE


def past_of(past: Past) -> views.Past:
    """Return the changes of an environment in the form of the view."""
    from pkgops.flows import unreadable
    from pkgops.view import history as view

    return view.Past(
        environment=past.environment,
        rows=[_row(record) for record in past.records],
        version=past.unrecorded.version if past.unrecorded else "",
        revision=past.unrecorded.revision if past.unrecorded else "",
        came=[
            view.Rollout(
                when=one.when,
                object=one.object.name,
                version=one.version,
                image=one.image,
                revision=one.commit,
            )
            for one in past.came
        ],
        unreadable=past.unreadable,
        unknown=unreadable.reason(past.unknown) if past.unknown else "",
        hidden=past.hidden.what.removeprefix("unknown: ") if past.hidden else "",
        next=_next(past),
    )


def _next(past: Past) -> str:
    from pkgops.flows import unreadable

    if past.unknown is not None:
        return unreadable.step(past.unknown)
    return past.hidden.next if past.hidden is not None else ""


def _row(record: Record) -> views.Row:
    from dataclasses import asdict

    from pkgops.view import history as view

    return view.Row(
        record=record.name,
        action=str(record.action),
        when=record.planned,
        by=record.by,
        seconds=record.seconds,
        before=asdict(record.before),
        after=asdict(record.after),
        result=str(record.result),
        message=record.message,
        gates=[asdict(gate) for gate in record.gates],
    )
