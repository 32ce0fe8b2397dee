"""Knative's webhooks: defaults, creator and last modifier, and validation of its kinds. Pure."""

from __future__ import annotations

import copy
from itertools import count
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, messages
from pkgops.platform.godecoding import check_value
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.podrules import pod_errors
from pkgops.platform.knative.proberules import default_probes
from pkgops.platform.knative.rules import (
    annotation_errors,
    name_errors,
    object_name_errors,
    owner_errors,
    same_name_errors,
    traffic_errors,
)
from pkgops.platform.knative.scalingrules import scaling_errors, seconds_errors
from pkgops.platform.knative.structs import SPECS
from pkgops.platform.resourcewebhooks import NotDecoded

CONTAINER = "user-container"
RESPONSE_START_SECONDS = 300
"""The default of ``responseStartTimeoutSeconds`` where ``timeoutSeconds`` is longer."""
WRITABLE = ("emptyDir", "persistentVolumeClaim", "ephemeral")
"""Volume sources that are mounted writable."""


def defaulted(obj: Obj, old: Obj | None, username: str) -> Obj:
    """Return an object with defaults and, unless it has an owner, the user as creator or last modifier.

    Raises:
        NotDecoded: a value has another type than its field.
    """
    try:
        check_value(obj.get("spec"), SPECS[obj["kind"]], obj["kind"], "spec")
    except ValueError as error:
        raise NotDecoded(str(error)) from error
    result = copy.deepcopy(obj)
    result["spec"] = spec = result.get("spec") or {}
    if obj["kind"] in ("Service", "Configuration") and spec.get("template"):
        _default_template(spec["template"].setdefault("spec", {}))
    if obj["kind"] == "Revision" and old is None:
        _default_template(spec)
    if obj["kind"] == "Service":
        spec["traffic"] = spec.get("traffic") or [{"latestRevision": True, "percent": 100}]
    if obj["kind"] != "Revision" and not obj["metadata"].get("ownerReferences"):
        _set_user(result, old, username)
    for target in spec.get("traffic") or []:
        target.setdefault("latestRevision", not target.get("revisionName"))
        target.setdefault("percent", 0)
    return result


def _default_template(spec: dict[str, Any]) -> None:
    spec.setdefault("containerConcurrency", 0)
    spec["timeoutSeconds"] = spec.get("timeoutSeconds") or 300
    if spec["timeoutSeconds"] > RESPONSE_START_SECONDS:
        spec.setdefault("responseStartTimeoutSeconds", RESPONSE_START_SECONDS)
    spec.setdefault("enableServiceLinks", False)
    containers = spec.get("containers") or []
    _name_containers(containers)
    writable = {
        volume.get("name")
        for volume in spec.get("volumes") or []
        if any(
            volume.get(source) is not None for source in ("emptyDir", "persistentVolumeClaim", "ephemeral")
        )
    }
    for container in containers:
        container.setdefault("resources", {})
        for port in container.get("ports") or []:
            port.setdefault("protocol", "TCP")
        default_probes(container, serves=len(containers) == 1 or bool(container.get("ports")))
        for mount in container.get("volumeMounts") or []:
            if mount.get("name") not in writable:
                mount["readOnly"] = True


def _name_containers(containers: list[dict[str, Any]]) -> None:
    """Name containers without a name; of several with an index, skipping names that are in use."""
    taken = {container.get("name") for container in containers}
    free = (name for index in count() if (name := f"{CONTAINER}-{index}") not in taken)
    for container in containers:
        if not container.get("name"):
            container["name"] = next(free) if len(containers) > 1 else CONTAINER


def _set_user(obj: Obj, old: Obj | None, username: str) -> None:
    annotations = obj["metadata"].setdefault("annotations", {}) or {}
    obj["metadata"]["annotations"] = annotations
    if old is None:
        annotations[kn.CREATOR] = annotations[kn.MODIFIER] = username
    elif old.get("spec") != obj.get("spec"):
        annotations[kn.MODIFIER] = username


def problems(obj: Obj, old: Obj | None) -> list[str]:
    """Return Knative's messages why an object is refused; empty if it is valid."""
    kind, spec, meta = obj["kind"], obj.get("spec") or {}, obj["metadata"]
    if kind == "Revision":
        return messages(_revision_errors(obj, old))
    hint = 'autoscaling annotations must be put under "spec.template.metadata.annotations" to work'
    annotations = kn.annotations_of(obj)
    errors = below("metadata", object_name_errors(meta))
    errors += [
        FieldError(f'invalid key name "{key}"', ("metadata.annotations",), hint)
        for key in annotations
        if key.startswith("autoscaling.knative.dev")
    ]
    if kind in ("Service", "Configuration"):
        template = _template_errors(spec.get("template") or {}, str(meta.get("name", "")))
        before = ((old or {}).get("spec") or {}).get("template") or {}
        template += same_name_errors(spec.get("template") or {}, before) if old else []
        errors += below("spec.template", template)
    if kind in ("Service", "Route"):
        traffic = traffic_errors(spec.get("traffic") or [], of_service=kind == "Service")
        rollout = seconds_errors(annotations, kn.ROLLOUT_DURATION, "rollout-duration")
        errors += below("spec.traffic", traffic) + below("metadata.annotations", rollout)
    if kind != "Service":
        errors += below("metadata", owner_errors(obj, kn.SERVICE, "Service"))
    if old is not None and (kind == "Service" or not meta.get("ownerReferences")):
        errors += _immutable(obj, old)
    return messages(errors)


def _revision_errors(revision: Obj, old: Obj | None) -> list[FieldError]:
    spec = revision.get("spec") or {}
    errors = object_name_errors(revision["metadata"])
    errors += below("annotations", scaling_errors(kn.annotations_of(revision)))
    errors = below("metadata", errors + owner_errors(revision, kn.CONFIGURATION, "Configuration"))
    if old is None:
        return errors + below("spec", pod_errors(spec))
    changed = (
        [FieldError("Immutable fields changed (-old +new)", ("spec",))] if spec != old.get("spec") else []
    )
    return errors + changed


def _template_errors(template: Obj, owner: str) -> list[FieldError]:
    meta = template.get("metadata") or {}
    annotations = {key: str(value) for key, value in (meta.get("annotations") or {}).items()}
    return [
        *below("spec", pod_errors(template.get("spec") or {})),
        *below("metadata.annotations", annotation_errors(annotations)),
        *name_errors(meta, owner),
    ]


def _immutable(obj: Obj, old: Obj) -> list[FieldError]:
    # The last modifier may only change together with the spec; the creator never.
    keys = [kn.CREATOR] if old.get("spec") != obj.get("spec") else [kn.CREATOR, kn.MODIFIER]
    before, after = kn.annotations_of(old), kn.annotations_of(obj)
    changed = [key for key in keys if before.get(key) != after.get(key)]
    return [FieldError("annotation value is immutable", (f"metadata.annotations.{key}",)) for key in changed]
