"""The evidence behind a stage's state: condition, exit code, latest warning, digests."""

from __future__ import annotations

from datetime import datetime

from pkgops.model import CauseCode, Condition, Evidence, ObjectRef
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.supplychain import Chain
from pkgops.readiness import pod as pods
from pkgops.readiness.base import created, first_line, meta


def gather(world: ObjectStore, item: Activity, chain: Chain | None) -> tuple[Evidence, ...]:
    """The condition, the exit code, the latest warning and the digests behind a stage's state."""
    found: list[Evidence] = []
    told = ObjectRef.of(item.source_object) if item.source_object else item.stage.object
    if item.reading.condition is not None:
        found.append(Evidence("condition", told, str(_short(item.reading.condition))))
    found += _exit_codes(item) + _warnings(world, item, told)
    if item.reading.code is CauseCode.STALE_PACKAGE and chain is not None:
        found += _stale(item, chain)
    if item.reading.code is CauseCode.GENERATION_FIGHT:
        generation = meta(item.resource.obj or {}).get("generation")
        found.append(Evidence("field", item.stage.object, f"metadata.generation is {generation}"))
    return tuple(found)


def _short(condition: Condition) -> Condition:
    return Condition(condition.type, condition.status, condition.reason, first_line(condition.message))


def _exit_codes(item: Activity) -> list[Evidence]:
    for pod in item.pods[:1]:
        failed = pods.failed_container(pod)
        if failed:
            ended = failed["terminated"]
            text = f"container {failed['name']} ended with {ended.get('exitCode')} {ended.get('reason', '')}"
            return [Evidence("exit-code", ObjectRef.of(pod), text.strip())]
    return []


def _warnings(world: ObjectStore, item: Activity, told: ObjectRef | None) -> list[Evidence]:
    refs = [told] if told else []
    refs += [ObjectRef.of(pod) for pod in item.pods[:1]]
    for ref in dict.fromkeys(refs):
        for event in world.events(ref):
            if event.get("type") == "Warning":
                text = f"{event.get('reason')}: {first_line(str(event.get('message') or ''))}"
                count = int(event.get("count") or 1)
                return [Evidence("event", ref, text + (f" ({count} times)" if count > 1 else ""))]
    return []


def _stale(item: Activity, chain: Chain) -> list[Evidence]:
    obj = item.resource.obj or {}
    began = pods.started(item.pods[0]) if item.pods else None
    found: list[Evidence] = []
    if chain.image:
        found.append(Evidence("digest", item.stage.object, f"image built last: {chain.image}"))
    if item.reading.since:
        found.append(
            Evidence("field", item.stage.object, f"its configuration changed at {_clock(item.reading.since)}")
        )
    run = item.run or {}
    when = began or created(run)
    if when:
        found.append(Evidence("field", ObjectRef.of(run), f"its last run began at {_clock(when)}"))
    found.append(
        Evidence(
            "field", ObjectRef.of(obj), "spec.inputs names the ConfigMap and does not change with its content"
        )
    )
    return found


def _clock(moment: datetime) -> str:
    return moment.strftime("%H:%M:%SZ")
