"""The evidence behind a stage's state: condition, exit code, latest warning, digests."""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from pkgops.model import CauseCode, Evidence, ObjectRef
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import facts
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.supplychain import Chain
from pkgops.readiness import pod as pods
from pkgops.readiness.base import created, first_line, meta
from pkgops.values import replace

INTERNAL_ERROR = "InternalError"
"""The reason of events about unexpected errors of a controller, also of Knative's and Tekton's."""


def gather(store: ObjectStore, item: Activity, chain: Chain | None) -> tuple[Evidence, ...]:
    """The condition, the exit code, the latest warning and the digests behind a stage's state."""
    evidence: list[Evidence] = []
    reported = ObjectRef.of(item.source_object) if item.source_object else item.stage.object
    if item.status.condition is not None:
        condition = item.status.condition
        first = replace(condition, message=first_line(condition.message))
        evidence.append(Evidence("condition", reported, str(first)))
    evidence += _exit_codes(item) + _warnings(store, item, reported)
    if item.status.code is CauseCode.STALE_PACKAGE and chain is not None:
        evidence += _stale(item, chain)
    if item.status.code is CauseCode.GENERATION_FIGHT:
        generation = meta(item.resource.obj or {}).get("generation")
        evidence.append(Evidence("field", item.stage.object, f"metadata.generation is {generation}"))
    return tuple(evidence)


def _exit_codes(item: Activity) -> list[Evidence]:
    for pod in item.pods[:1]:
        failed = pods.failed_container(pod)
        if failed:
            ended = failed["terminated"]
            text = f"container {failed['name']} ended with {ended.get('exitCode')} {ended.get('reason', '')}"
            return [Evidence("exit-code", ObjectRef.of(pod), text.strip())]
    return []


def _warnings(store: ObjectStore, item: Activity, reported: ObjectRef | None) -> list[Evidence]:
    refs = [reported] if reported else []
    refs += [ObjectRef.of(pod) for pod in item.pods[:1]]
    if item.status.code is CauseCode.VOLUME_UNBOUND:
        refs = [*facts.claims(item), *refs]
    latest = (
        Evidence("event", ref, event_text(event))
        for ref in dict.fromkeys(refs)
        for event in store.events(ref)
        if event.get("type") == "Warning"
    )
    return list(dict.fromkeys([*islice(latest, 1), *_internal_errors(store, item, refs)]))


def _internal_errors(store: ObjectStore, item: Activity, refs: list[ObjectRef]) -> list[Evidence]:
    """Unexpected errors of a controller about any object of the stage: its status need not show them."""
    behind = [item.resource.obj, item.run]
    wanted = [*refs, *(ObjectRef.of(obj) for obj in behind if obj)]
    return [
        Evidence("event", ref, event_text(event))
        for ref in dict.fromkeys(wanted)
        for event in store.events(ref)
        if event.get("reason") == INTERNAL_ERROR
    ]


def event_text(event: Obj) -> str:
    """Return an event's reason, its message, and its count.

    The message is cut to its first line, but for unexpected errors, whose last lines have the location.
    """
    message = str(event.get("message") or "")
    whole = event.get("reason") == INTERNAL_ERROR
    message_text = " ".join(message.split()) if whole else first_line(message)
    text = f"{event.get('reason')}: {message_text}"
    count = int(event.get("count") or 1)
    return text + (f" ({count} times)" if count > 1 else "")


def _stale(item: Activity, chain: Chain) -> list[Evidence]:
    obj = item.resource.obj or {}
    began = pods.started(item.pods[0]) if item.pods else None
    evidence: list[Evidence] = []
    if chain.image:
        evidence.append(Evidence("digest", item.stage.object, f"image built last: {chain.image}"))
    if item.status.since:
        evidence.append(
            Evidence("field", item.stage.object, f"its configuration changed at {_clock(item.status.since)}")
        )
    run = item.run or {}
    when = began or created(run)
    if when:
        evidence.append(Evidence("field", ObjectRef.of(run), f"its last run began at {_clock(when)}"))
    evidence.append(
        Evidence(
            "field", ObjectRef.of(obj), "spec.inputs names the ConfigMap and does not change with its content"
        )
    )
    return evidence


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M:%SZ")
