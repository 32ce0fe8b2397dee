"""Knative's validation of the pods of a Revision, with default feature flags. Pure.

Source: ``pkg/apis/serving/k8s_validation.go``, ``fieldmask.go`` and ``pkg/apis/config/features.go``.
"""

from __future__ import annotations

import re
from typing import Any

from pkgops.platform.fielderrors import (
    MAX_LABEL,
    FieldError,
    below,
    disallowed,
    invalid,
    missing,
    missing_one_of,
    out_of_bounds,
    several_of,
    subdomain_faults,
)
from pkgops.platform.knative.containerrules import container_errors, id_errors
from pkgops.platform.quantities import quantity

FLAGGED = (
    "affinity",
    "dnsConfig",
    "dnsPolicy",
    "hostAliases",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "initContainers",
    "nodeSelector",
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "shareProcessNamespace",
    "tolerations",
    "topologySpreadConstraints",
)
"""Fields of a pod that Knative's schema has and its webhook refuses unless a feature flag is set."""

PLAIN = frozenset({"dnsPolicy", "hostIPC", "hostNetwork", "hostPID", "priorityClassName", "schedulerName"})
"""Those of `FLAGGED` that an empty value does not set; the others are set also by an empty map or list."""

ALLOWED_SOURCES = ("secret", "configMap", "projected", "emptyDir")
FLAGGED_SOURCES = {"hostPath": "HostPath", "csi": "CSI", "ephemeral": "Ephemeral", "image": "Image"}
CLAIM = "persistentVolumeClaim"
PROJECTED = ("secret", "configMap", "serviceAccountToken", "downwardAPI")

PULL_POLICIES = ("", "IfNotPresent", "Always", "Never")

MAX_TIMEOUT_SECONDS = 600
MAX_CONCURRENCY = 1000


def pod_errors(spec: dict[str, Any]) -> list[FieldError]:
    """Return the errors of a template's ``spec``."""
    errors = [disallowed(key) for key in FLAGGED if _is_set(spec, key)]
    if spec.get("automountServiceAccountToken"):
        errors.append(disallowed("automountServiceAccountToken"))
    errors += below("securityContext", _context_errors(spec.get("securityContext")))
    first = spec.get("initContainers") or []
    if first:
        text = f"pod spec support for init-containers is off, but found {len(first)} init containers"
        errors.append(FieldError(text))
    for field, upper in (("timeoutSeconds", MAX_TIMEOUT_SECONDS), ("containerConcurrency", MAX_CONCURRENCY)):
        value = spec.get(field) or 0
        if not 0 <= value <= upper:
            errors.append(out_of_bounds(value, 0, upper, field))
    containers, volumes = spec.get("containers") or [], spec.get("volumes") or []
    errors += _volume_errors(volumes, [*first, *containers])
    errors += container_errors(containers, volumes)
    account = str(spec.get("serviceAccountName") or "")
    faults = subdomain_faults(account) if account else []
    return [*errors, *(invalid(account, "serviceAccountName", fault) for fault in faults)]


def _context_errors(context: object) -> list[FieldError]:
    """Return the errors of a pod's security context: no field may be set, and ids have bounds."""
    given = context if isinstance(context, dict) else {}
    return [*([disallowed(*given)] if given else []), *id_errors(given)]


def _is_set(spec: dict[str, Any], key: str) -> bool:
    value = spec.get(key)
    return bool(value) if key in PLAIN else value is not None


def _volume_errors(volumes: list[dict[str, Any]], containers: list[dict[str, Any]]) -> list[FieldError]:
    mounted = {mount.get("name") for item in containers for mount in item.get("volumeMounts") or []}
    seen: set[str] = set()
    errors: list[FieldError] = []
    for index, volume in enumerate(volumes):
        name = str(volume.get("name") or "")
        wrong = _source_errors(name, volume)
        if name in seen:
            wrong.append(FieldError(f'duplicate volume name "{name}"', ("name",)))
        if name not in mounted:
            wrong.append(FieldError(f'volume with name "{name}" not mounted', ("name",)))
        seen.add(name)
        errors += below(f"volumes[{index}]", wrong)
    return errors


def _source_errors(name: str, volume: dict[str, Any]) -> list[FieldError]:
    errors: list[FieldError] = []
    if not name:
        errors.append(missing("name"))
    elif len(name) > MAX_LABEL or not re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name):
        errors.append(invalid(name, "name"))
    else:
        errors += _flagged_source_errors(name, volume)
    errors += _content_errors(volume)
    known = [key for key in (*ALLOWED_SOURCES, CLAIM, *FLAGGED_SOURCES) if volume.get(key) is not None]
    refused = [key for key in known if key not in ALLOWED_SOURCES]
    if refused:
        errors.append(disallowed(*refused))
    if not known:
        errors.append(FieldError("expected exactly one, got neither", ALLOWED_SOURCES))
    elif len(known) > 1:
        errors.append(FieldError("expected exactly one, got both", tuple(known)))
    return errors


def _flagged_source_errors(name: str, volume: dict[str, Any]) -> list[FieldError]:
    errors = [
        FieldError(f"{word} volume support is disabled, but found {word} volume {name}")
        for key, word in FLAGGED_SOURCES.items()
        if volume.get(key) is not None
    ]
    claim = volume.get(CLAIM)
    if claim is not None:
        which = f"but found persistent volume claim {claim.get('claimName') or ''}"
        errors.append(FieldError(f"Persistent volume claim support is disabled, {which}"))
        if not claim.get("readOnly"):
            text = f"Persistent volume write support is disabled, {which} that is not read-only"
            errors.append(FieldError(text))
    return errors


def _content_errors(volume: dict[str, Any]) -> list[FieldError]:
    """Return the errors of a volume's source as far as Knative, and not Kubernetes, validates it."""
    errors: list[FieldError] = []
    for source in ("secret", "configMap"):
        errors += _item_errors((volume.get(source) or {}).get("items") or [])
    directory = volume.get("emptyDir") or {}
    medium, size = directory.get("medium") or "", directory.get("sizeLimit")
    if medium not in ("", "Memory"):
        errors.append(invalid(medium, "emptyDir.medium"))
    if size is not None and quantity(size) < 0:
        errors.append(invalid(size, "emptyDir.sizeLimit"))
    image = volume.get("image")
    if isinstance(image, dict):
        errors += [] if image.get("reference") else [missing("image.reference")]
        policy = image.get("pullPolicy") or ""
        errors += [] if policy in PULL_POLICIES else [invalid(policy, "image.pullPolicy")]
    for index, part in enumerate((volume.get("projected") or {}).get("sources") or []):
        errors += below(f"projected[{index}]", _projected_errors(part))
    return errors


def _item_errors(items: list[dict[str, Any]]) -> list[FieldError]:
    return [
        missing(f"items[{index}].{key}")
        for index, item in enumerate(items)
        for key in ("key", "path")
        if not item.get(key)
    ]


def _downward_errors(item: dict[str, Any]) -> list[FieldError]:
    refs = ("fieldRef", "resourceFieldRef")
    given = [key for key in refs if item.get(key) is not None]
    errors = [] if given else [missing_one_of(*refs)]
    if len(given) > 1:
        errors.append(FieldError("Within a single item, cannot set both", ("resourceFieldRef", "fieldRef")))
    return errors if item.get("path") else [*errors, missing("path")]


def _projected_errors(part: dict[str, Any]) -> list[FieldError]:
    given = [key for key in PROJECTED if part.get(key) is not None]
    errors: list[FieldError] = []
    for key in ("secret", "configMap"):
        if key in given:
            wrong = [] if part[key].get("name") else [missing("name")]
            errors += below(key, [*wrong, *_item_errors(part[key].get("items") or [])])
    for index, item in enumerate((part.get("downwardAPI") or {}).get("items") or []):
        errors += below(f"downwardAPI.items[{index}]", _downward_errors(item))
    if "serviceAccountToken" in given and not part["serviceAccountToken"].get("path"):
        errors.append(missing("serviceAccountToken.path"))
    if not given:
        errors.append(missing_one_of(*PROJECTED))
    elif len(given) > 1:
        errors.append(several_of(*given))
    return errors
