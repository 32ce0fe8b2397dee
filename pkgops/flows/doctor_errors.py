"""The doctor's check of unexpected errors of controllers, from their events."""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.errors import PkgopsError
from pkgops.flows import unreadable
from pkgops.flows.doctor_cluster import places
from pkgops.flows.doctor_report import Check, Result
from pkgops.flows.target import Target
from pkgops.kube import ApiError, Client, Obj
from pkgops.model import ObjectRef
from pkgops.pipeline.diagnosis.evidence import INTERNAL_ERROR, event_text
from pkgops.pipeline.object_store import event_time

NAME = "internal errors"
CLUSTER_SCOPED = "default"
"""The namespace of events about cluster-scoped objects."""


def internal_errors(target: Target) -> Iterator[Check]:
    """Report each unexpected error of a controller: the object, the message, and when it was last.

    API servers delete events, most of them after an hour; those are not listed.
    """
    found: list[Obj] = []
    gaps = 0
    for client, namespace in places(target, CLUSTER_SCOPED):
        try:
            events = client.list("v1", "Event", namespace, fields=f"reason={INTERNAL_ERROR}").items
        except ApiError as error:
            if not unreadable.refusal(error):
                raise
            gaps += 1
            yield Check(name=NAME, result=Result.UNKNOWN, message=unreadable.sentence(error, namespace))
            continue
        found += [event for event in events if _counts(client, event)]
    for event in sorted(found, key=event_time, reverse=True):
        yield _check(event)
    if not found and not gaps:
        yield Check(
            name=NAME,
            result=Result.OK,
            message="no event reports an unexpected error of a controller",
        )


def _counts(client: Client, event: Obj) -> bool:
    """Whether an event is about an object that still exists, as far as that can be read."""
    if event.get("reason") != INTERNAL_ERROR:
        return False
    about = _about(event)
    name, namespace = str(about.get("name")), str(about.get("namespace") or "")
    try:
        obj = client.find(str(about.get("apiVersion")), str(about.get("kind")), name, namespace)
    except PkgopsError:
        return True
    wanted = about.get("uid")
    return obj is not None and (not wanted or obj["metadata"].get("uid") == wanted)


def _check(event: Obj) -> Check:
    about = _about(event)
    ref = ObjectRef.of({**about, "metadata": about})
    who = (event.get("source") or {}).get("component") or event.get("reportingComponent") or ""
    when = event_time(event)
    repeated = " ".join(
        part for part in (f"from {who}" if who else "", f"last at {when}" if when else "") if part
    )
    text = f"{ref}: {event_text(event)}" + (f" ({repeated})" if repeated else "")
    place = f" -n {ref.namespace}" if ref.namespace else ""
    fix = f"kubectl describe {ref.qualified}{place}"
    return Check(name=NAME, result=Result.WARNING, message=text, fix=fix, object=ref)


def _about(event: Obj) -> Obj:
    return event.get("involvedObject") or event.get("regarding") or {}
