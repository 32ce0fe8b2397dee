"""What Knative's webhooks do to a Service: defaults, who made and changed it, and refusals. Pure."""

from __future__ import annotations

import copy
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, told
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.podrules import pod_errors
from pkgops.platform.knative.rules import annotation_errors, name_errors, traffic_errors


def defaulted(obj: Obj, old: Obj | None, username: str) -> Obj:
    """Return a Service, Configuration or Route with defaults and, for Services, the user's name."""
    result = copy.deepcopy(obj)
    spec: dict[str, Any] = result.setdefault("spec", {})
    if obj["kind"] in ("Service", "Configuration") and spec.get("template"):
        _default_template(spec["template"].setdefault("spec", {}))
    if obj["kind"] == "Service":
        spec["traffic"] = spec.get("traffic") or [{"latestRevision": True, "percent": 100}]
        _sign(result, old, username)
    for target in spec.get("traffic") or []:
        target.setdefault("latestRevision", not target.get("revisionName"))
        target.setdefault("percent", 0)
    return result


def _default_template(spec: dict[str, Any]) -> None:
    spec.setdefault("containerConcurrency", 0)
    spec.setdefault("timeoutSeconds", 300)
    spec.setdefault("enableServiceLinks", False)
    containers = spec.get("containers") or []
    for container in containers:
        container.setdefault("name", "user-container")
        container.setdefault("resources", {})
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")
        if len(containers) == 1 or container.get("ports"):
            _default_probe(container.setdefault("readinessProbe", {}))


def _default_probe(probe: dict[str, Any]) -> None:
    probe.setdefault("successThreshold", 1)
    if not {"tcpSocket", "httpGet", "exec", "grpc"} & set(probe):
        probe["tcpSocket"] = {"port": 0}


def _sign(obj: Obj, old: Obj | None, username: str) -> None:
    notes = obj["metadata"].setdefault("annotations", {}) or {}
    obj["metadata"]["annotations"] = notes
    if old is None:
        notes[kn.CREATOR] = notes[kn.MODIFIER] = username
    elif old.get("spec") != obj.get("spec"):
        notes[kn.MODIFIER] = username


def problems(obj: Obj, old: Obj | None) -> list[str]:
    """Return why a Service, Configuration or Route is refused; empty if it is fine. Knative's words."""
    kind, spec = obj["kind"], obj.get("spec") or {}
    found: list[FieldError] = []
    if old is not None and kind == "Service":
        found += _immutable(obj, old)
    hint = 'autoscaling annotations must be put under "spec.template.metadata.annotations" to work'
    found += [
        FieldError(f'invalid key name "{key}"', ("metadata.annotations",), hint)
        for key in kn.annotations_of(obj)
        if key.startswith("autoscaling.knative.dev")
    ]
    if kind in ("Service", "Configuration"):
        template = _template_errors(spec.get("template") or {}, str(obj["metadata"].get("name", "")))
        found += below("spec.template", template)
    if kind in ("Service", "Route"):
        traffic = traffic_errors(spec.get("traffic") or [], of_service=kind == "Service")
        found += below("spec.traffic", traffic)
    return told(found)


def _template_errors(template: Obj, owner: str) -> list[FieldError]:
    meta = template.get("metadata") or {}
    notes = {key: str(value) for key, value in (meta.get("annotations") or {}).items()}
    return [
        *below("spec", pod_errors(template.get("spec") or {})),
        *below("metadata.annotations", annotation_errors(notes)),
        *name_errors(str(meta.get("name") or ""), owner),
    ]


def _immutable(obj: Obj, old: Obj) -> list[FieldError]:
    # The last modifier may only change together with the spec; the creator never.
    keys = [kn.CREATOR] if old.get("spec") != obj.get("spec") else [kn.CREATOR, kn.MODIFIER]
    before, after = kn.annotations_of(old), kn.annotations_of(obj)
    changed = [key for key in keys if before.get(key) != after.get(key)]
    return [FieldError("annotation value is immutable", (f"metadata.annotations.{key}",)) for key in changed]
