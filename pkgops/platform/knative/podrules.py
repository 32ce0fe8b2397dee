"""What Knative refuses in the pods of a Revision, with its feature flags as they are by default. Pure.

Source: ``pkg/apis/serving/k8s_validation.go``, ``fieldmask.go`` and ``pkg/apis/config/features.go``.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from pkgops.platform.fielderrors import (
    MAX_LABEL,
    FieldError,
    below,
    disallowed,
    invalid,
    missing,
    out_of_bounds,
)

RESERVED_ENVIRONMENT = frozenset({"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"})
RESERVED_PATHS = frozenset({"/", "/dev", "/dev/log"})

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
"""Fields of a pod that Knative's schema has, and its webhook refuses until a feature flag is set."""

POINTERS = frozenset(
    {"affinity", "dnsConfig", "runtimeClassName", "securityContext", "shareProcessNamespace"}
)
"""Those of them that count as set whatever their value is."""

ALLOWED_SOURCES = ("secret", "configMap", "projected", "emptyDir")
FLAGGED_SOURCES = {"hostPath": "HostPath", "csi": "CSI", "ephemeral": "Ephemeral", "image": "Image"}
CLAIM = "persistentVolumeClaim"

MAX_TIMEOUT_SECONDS = 600
MAX_CONCURRENCY = 1000


def pod_errors(spec: dict[str, Any]) -> list[FieldError]:
    """Return what is wrong with a template's ``spec``."""
    found = [disallowed(key) for key in FLAGGED if _is_set(spec, key)]
    if spec.get("automountServiceAccountToken"):
        found.append(disallowed("automountServiceAccountToken"))
    first = spec.get("initContainers") or []
    if first:
        text = f"pod spec support for init-containers is off, but found {len(first)} init containers"
        found.append(FieldError(text))
    for field, upper in (("timeoutSeconds", MAX_TIMEOUT_SECONDS), ("containerConcurrency", MAX_CONCURRENCY)):
        value = spec.get(field) or 0
        if not 0 <= value <= upper:
            found.append(out_of_bounds(value, 0, upper, field))
    containers = spec.get("containers") or []
    return found + _volume_errors(spec.get("volumes") or [], [*first, *containers]) + _container_errors(spec)


def _is_set(spec: dict[str, Any], key: str) -> bool:
    value = spec.get(key)
    return value is not None if key in POINTERS else bool(value)


def _volume_errors(volumes: list[dict[str, Any]], containers: list[dict[str, Any]]) -> list[FieldError]:
    mounted = {mount.get("name") for item in containers for mount in item.get("volumeMounts") or []}
    seen: set[str] = set()
    found: list[FieldError] = []
    for index, volume in enumerate(volumes):
        name = str(volume.get("name") or "")
        wrong = _source_errors(name, volume)
        if name in seen:
            wrong.append(FieldError(f'duplicate volume name "{name}"', ("name",)))
        if name not in mounted:
            wrong.append(FieldError(f'volume with name "{name}" not mounted', ("name",)))
        seen.add(name)
        found += below(f"volumes[{index}]", wrong)
    return found


def _source_errors(name: str, volume: dict[str, Any]) -> list[FieldError]:
    found: list[FieldError] = []
    if not name:
        found.append(missing("name"))
    elif len(name) > MAX_LABEL or not re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", name):
        found.append(invalid(name, "name"))
    else:
        found += _flagged_source_errors(name, volume)
    known = [key for key in (*ALLOWED_SOURCES, CLAIM, *FLAGGED_SOURCES) if volume.get(key) is not None]
    refused = [key for key in known if key not in ALLOWED_SOURCES]
    if refused:
        found.append(disallowed(*refused))
    if not known:
        found.append(FieldError("expected exactly one, got neither", ALLOWED_SOURCES))
    elif len(known) > 1:
        found.append(FieldError("expected exactly one, got both", tuple(known)))
    return found


def _flagged_source_errors(name: str, volume: dict[str, Any]) -> list[FieldError]:
    found = [
        FieldError(f"{word} volume support is disabled, but found {word} volume {name}")
        for key, word in FLAGGED_SOURCES.items()
        if volume.get(key) is not None
    ]
    claim = volume.get(CLAIM)
    if claim is not None:
        which = f"but found persistent volume claim {claim.get('claimName') or ''}"
        found.append(FieldError(f"Persistent volume claim support is disabled, {which}"))
        if not claim.get("readOnly"):
            text = f"Persistent volume write support is disabled, {which} that is not read-only"
            found.append(FieldError(text))
    return found


def _container_errors(spec: dict[str, Any]) -> list[FieldError]:
    containers = spec.get("containers") or []
    if not containers:
        return [missing("containers")]
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    found: list[FieldError] = []
    ports = sum(len(item.get("ports") or []) for item in containers)
    if ports > 1:
        details = "Only a single port is allowed across all containers"
        found.append(FieldError("more than one container port is set", ("containers[*].ports",), details))
    elif not ports and len(containers) > 1:
        found.append(missing("containers[*].ports"))
    for index, item in enumerate(containers):
        wrong = [] if item.get("image") else [missing("image")]
        serves = len(containers) == 1 or bool(item.get("ports"))
        reserved = RESERVED_ENVIRONMENT if serves else RESERVED_ENVIRONMENT - {"PORT"}
        wrong += [
            FieldError(f'"{entry["name"]}" is a reserved environment variable', (f"env[{place}].name",))
            for place, entry in enumerate(item.get("env") or [])
            if entry.get("name") in reserved
        ]
        found += below(f"containers[{index}]", wrong + _mount_errors(item, volumes))
    return found


def _mount_errors(container: dict[str, Any], volumes: set[Any]) -> list[FieldError]:
    found: list[FieldError] = []
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or []):
        place = f"volumeMounts[{index}]"
        if mount.get("name") not in volumes:
            found.append(FieldError("volumeMount has no matching volume", (f"{place}.name",)))
        where = str(mount.get("mountPath") or "")
        clean = posixpath.normpath(where)
        path = f"{place}.mountPath"
        if not where:
            found.append(missing(path))
        elif clean in RESERVED_PATHS:
            found.append(FieldError(f'mountPath "{clean}" is a reserved path', (path,)))
        elif not where.startswith("/"):
            found.append(invalid(where, path))
        elif clean in seen:
            found.append(invalid(f'"{where}" must be unique', path))
        seen.add(clean)
    return found
