"""The result of realizing one resource, and its entry in ``status.resources``. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pkgops.formats import goyaml
from pkgops.kube import Obj
from pkgops.platform.carto.conditions import keep_times, with_ready
from pkgops.platform.carto.context import Output, input_names
from pkgops.platform.carto.failure import Failure
from pkgops.platform.carto.health import resource_health
from pkgops.platform.carto.template import Template
from pkgops.platform.conditions import condition, find_condition, timestamp

PREVIEW_BYTES = 1024


@dataclass(slots=True, kw_only=True)
class Realized:
    """The result of one resource in one reconcile.

    Attributes:
        resource: its entry in the blueprint.
        template: its template, once found.
        stamped: the object of this reconcile, once applied.
        plural: ``<plural>.<group>`` of that object.
        output: the output that was read; empty if there is none.
        pass_through: whether an input is the output and nothing was stamped.
        failure: the failure, if there was one.
        written: ``Created`` or ``Patched`` if the object was written in this reconcile.
    """

    resource: Obj
    template: Template | None = None
    stamped: Obj | None = None
    plural: str = ""
    output: Output = field(default_factory=dict)
    pass_through: bool = False
    failure: Failure | None = None
    written: str = ""

    @property
    def name(self) -> str:
        """The resource's name."""
        return str(self.resource["name"])


def merge_entries(results: Sequence[Realized], previous: Sequence[Obj], now: datetime) -> list[Obj]:
    """Return the new ``status.resources`` in the previous order, new ones last, without removed ones."""
    before = {entry["name"]: entry for entry in previous}
    fresh = {result.name: entry(result, before.get(result.name), now) for result in results}
    order = [name for name in before if name in fresh] + [name for name in fresh if name not in before]
    return [fresh[name] for name in order]


def entry(result: Realized, previous: Obj | None, now: datetime) -> Obj:
    """Return the ``status.resources`` entry of one result."""
    before = previous or {}
    made: Obj = {"name": result.name}
    inputs = [{"name": name} for name in input_names(result.resource)]
    if inputs:
        made["inputs"] = inputs
    if result.pass_through:
        made |= _outputs(result.output, before, now)
    elif result.stamped is None:
        made |= {key: before[key] for key in ("stampedRef", "outputs") if key in before}
    else:
        made |= {"stampedRef": _stamped_ref(result.stamped, result.plural)}
        made |= _outputs(result.output, before, now)
    if result.template is not None:
        made["templateRef"] = result.template.ref()
    conditions = with_ready(_conditions(result, before, now), now)
    made["conditions"] = keep_times(conditions, before.get("conditions") or [], now)
    return made


def _conditions(result: Realized, before: Obj, now: datetime) -> list[Obj]:
    failure = result.failure
    if failure is not None:
        submitted = condition(failure.type, failure.status, failure.reason, failure.message, now)
    else:
        reason = "PassThrough" if result.pass_through else "ResourceSubmissionComplete"
        submitted = condition("ResourceSubmitted", "True", reason, "", now)
    healthy = _healthy(result, before, now)
    return [submitted] if healthy is None else [submitted, healthy]


def _healthy(result: Realized, before: Obj, now: datetime) -> Obj | None:
    if result.pass_through:
        return None
    if result.stamped is None or result.template is None:
        known = find_condition(before.get("conditions") or [], "Healthy")
        if known is not None or result.template is None:
            return known
    template = result.template
    health = resource_health(template.kind, template.health_rule, result.stamped, result.output)
    return condition("Healthy", health.status, health.reason, health.message, now)


def _stamped_ref(stamped: Obj, plural: str) -> Obj:
    meta = stamped["metadata"]
    ref = {"apiVersion": stamped["apiVersion"], "kind": stamped["kind"], "name": meta["name"]}
    if meta.get("namespace"):
        ref["namespace"] = meta["namespace"]
    return {**ref, "resource": plural}


def _outputs(output: Output, before: Obj, now: datetime) -> Obj:
    known = {entry["name"]: entry for entry in before.get("outputs") or []}
    entries = [_output(name, value, known.get(name), now) for name, value in output.items()]
    return {"outputs": entries} if entries else {}


def _output(name: str, value: Any, known: Obj | None, now: datetime) -> Obj:
    text = goyaml.dump(goyaml.ordered(goyaml.as_doubles(value), goyaml.V3), goyaml.V3)
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    unchanged = known is not None and known.get("digest") == digest
    time = known["lastTransitionTime"] if known is not None and unchanged else timestamp(now)
    preview = text.encode()[:PREVIEW_BYTES].decode(errors="ignore")
    return {"name": name, "preview": preview, "digest": digest, "lastTransitionTime": time}
