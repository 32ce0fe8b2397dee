"""What Knative's webhooks do to a Service: defaults, who made and changed it, and refusals. Pure."""

from __future__ import annotations

import copy
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.knative import labels as kn

RESERVED_ENVIRONMENT = frozenset({"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"})


def defaulted(obj: Obj, old: Obj | None, username: str) -> Obj:
    """Return a Service, Configuration or Route with defaults and, for Services, the user's name."""
    result = copy.deepcopy(obj)
    spec: dict[str, Any] = result.setdefault("spec", {})
    if obj["kind"] in ("Service", "Configuration") and spec.get("template"):
        _default_template(spec["template"].setdefault("spec", {}))
    if obj["kind"] == "Service":
        spec.setdefault("traffic", [{"latestRevision": True, "percent": 100}])
        _sign(result, old, username)
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
    """Return why a Service is refused; empty if it is fine. Texts as Knative words them."""
    found: list[str] = []
    if old is not None:
        found += _immutable(obj, old)
    template = (obj.get("spec") or {}).get("template") or {}
    found += _container_problems((template.get("spec") or {}).get("containers") or [])
    keys = [key for key in kn.annotations_of(obj) if key.startswith("autoscaling.knative.dev/")]
    hint = 'autoscaling annotations must be put under "spec.template.metadata.annotations" to work'
    found += [f'invalid key name "{key}": metadata.annotations\n{hint}' for key in keys]
    return found


def _immutable(obj: Obj, old: Obj) -> list[str]:
    # The last modifier may only change together with the spec; the creator never.
    keys = [kn.CREATOR] if old.get("spec") != obj.get("spec") else [kn.CREATOR, kn.MODIFIER]
    before, after = kn.annotations_of(old), kn.annotations_of(obj)
    changed = [key for key in keys if before.get(key) != after.get(key)]
    return [f"annotation value is immutable: metadata.annotations.{key}" for key in changed]


def _container_problems(containers: list[dict[str, Any]]) -> list[str]:
    place = "spec.template.spec.containers"
    if not containers:
        return [f"missing field(s): {place}"]
    found = [
        f"missing field(s): {place}[{index}].image"
        for index, item in enumerate(containers)
        if not item.get("image")
    ]
    serving = [item for item in containers if item.get("ports")]
    if len(containers) > 1 and len(serving) != 1:
        found.append(f"expected exactly one, got {'both' if serving else 'neither'}: {place}[*].ports")
    if any(len(item["ports"]) > 1 for item in serving):
        found.append(f"more than one container port is set: {place}.ports")
    for index, item in enumerate(containers):
        names = [str(entry.get("name")) for entry in item.get("env") or []]
        found += [
            f'"{name}" is a reserved environment variable: {place}[{index}].env[{entry}].name'
            for entry, name in enumerate(names)
            if name in RESERVED_ENVIRONMENT
        ]
    return found
