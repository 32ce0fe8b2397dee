"""Knative's validation of the containers of a Revision, with default feature flags. Pure.

Source: ``validate`` and its callees in ``pkg/apis/serving/k8s_validation.go``, and ``fieldmask.go``.
"""

from __future__ import annotations

import posixpath
from typing import Any

from pkgops.oci.errors import BadReference
from pkgops.oci.reference import ImageRef
from pkgops.platform.fielderrors import (
    FieldError,
    below,
    disallowed,
    invalid,
    missing,
    missing_one_of,
    out_of_bounds,
    several_of,
)
from pkgops.platform.knative.proberules import probe_errors

RESERVED_ENVIRONMENT = frozenset({"PORT", "K_SERVICE", "K_CONFIGURATION", "K_REVISION"})
RESERVED_PATHS = frozenset({"/", "/dev", "/dev/log"})
RESERVED_PORTS = frozenset({8008, 8012, 8013, 8022, 9090, 9091})
PORT_NAMES = ("h2c", "http1", "")
POLICIES = ("", "File", "FallbackToLogsOnError")
MAX_ID = 2**31 - 1
MAX_PORT = 65535

Container = dict[str, Any]


def container_errors(containers: list[Container], volumes: list[dict[str, Any]]) -> list[FieldError]:
    """Return the errors of the containers of a pod with these volumes."""
    if not containers:
        return [missing("containers")]
    errors = _number_of_ports(containers)
    by_name = {volume.get("name"): volume for volume in volumes}
    names: set[str] = set()
    for index, item in enumerate(containers):
        name, place = str(item.get("name") or ""), f"containers[{index}]"
        if name in names:
            errors.append(FieldError(f'duplicate container name "{name}"', (f"{place}.name",)))
        names.add(name)
        serves = len(containers) == 1 or bool(item.get("ports"))
        wrong = [*probe_errors(item, serves=serves), *_own_errors(item, serves)]
        errors += below(place, [*wrong, *_mount_errors(item, by_name)])
    return errors


def _number_of_ports(containers: list[Container]) -> list[FieldError]:
    ports = sum(len(item.get("ports") or []) for item in containers)
    if ports > 1:
        details = "Only a single port is allowed across all containers"
        return [FieldError("more than one container port is set", ("containers[*].ports",), details)]
    return [missing("containers[*].ports")] if not ports and len(containers) > 1 else []


def _own_errors(item: Container, serves: bool) -> list[FieldError]:
    errors = _image_errors(str(item.get("image") or ""))
    if item.get("name") == "queue-proxy":
        errors.append(FieldError('"queue-proxy" is a reserved container name', ("name",)))
    reserved = RESERVED_ENVIRONMENT if serves else RESERVED_ENVIRONMENT - {"PORT"}
    for index, entry in enumerate(item.get("env") or []):
        errors += below(f"env[{index}]", _variable_errors(entry, reserved))
    for entry in item.get("envFrom") or []:
        given = [key for key in ("configMapRef", "secretRef") if entry.get(key) is not None]
        if len(given) != 1:
            # Knative's message has no index of the entry.
            one_of = several_of if given else missing_one_of
            errors += below("envFrom", [one_of("configMapRef", "secretRef")])
    errors += below("ports", _port_errors((item.get("ports") or [{}])[0]) if item.get("ports") else [])
    errors += below("securityContext", _security_errors(item.get("securityContext") or {}))
    policy = item.get("terminationMessagePolicy") or ""
    return errors + ([] if policy in POLICIES else [invalid(policy, "terminationMessagePolicy")])


def _image_errors(image: str) -> list[FieldError]:
    if not image:
        return [missing("image")]
    try:
        ImageRef.parse(image)
    except BadReference:
        details = f'image: "{image}", error: could not parse reference: {image}'
        return [FieldError("Failed to parse image reference", ("image",), details)]
    return []


def _variable_errors(entry: dict[str, Any], reserved: frozenset[str]) -> list[FieldError]:
    name, source = entry.get("name"), entry.get("valueFrom") or {}
    errors = [] if name else [missing("name")]
    if name in reserved:
        errors.append(FieldError(f'"{name}" is a reserved environment variable', ("name",)))
    refused = [key for key in ("fieldRef", "resourceFieldRef") if source.get(key) is not None]
    return errors + (below("valueFrom", [disallowed(*refused)]) if refused else [])


def _port_errors(port: dict[str, Any]) -> list[FieldError]:
    number, protocol = port.get("containerPort") or 0, port.get("protocol") or ""
    name = port.get("name") or ""
    errors: list[FieldError] = []
    if number in RESERVED_PORTS:
        text = f"{number} is a reserved port"
        errors.append(invalid(text, "containerPort", f"{text}, please use a different value"))
    if not 0 <= number <= MAX_PORT:
        errors.append(out_of_bounds(number, 0, MAX_PORT, "containerPort"))
    if protocol not in ("", "TCP"):
        errors.append(invalid(protocol, "protocol"))
    if name not in PORT_NAMES:
        details = "Name must be empty, or one of: 'h2c', 'http1'"
        errors.append(FieldError(f"Port name {name} is not allowed", ("",), details))
    return errors


def _security_errors(context: dict[str, Any]) -> list[FieldError]:
    errors = [disallowed("privileged")] if context.get("privileged") else []
    if (context.get("capabilities") or {}).get("add") is not None:
        errors.append(disallowed("capabilities.add"))
    return errors + id_errors(context)


def id_errors(context: dict[str, Any]) -> list[FieldError]:
    """Return the errors of the user and group ids in a security context."""
    ids = [(key, context.get(key)) for key in ("runAsUser", "runAsGroup", "fsGroup")]
    ids += [
        (f"supplementalGroups[{index}]", value)
        for index, value in enumerate(context.get("supplementalGroups") or [])
    ]
    return [
        out_of_bounds(value, 0, MAX_ID, key)
        for key, value in ids
        if isinstance(value, int) and not 0 <= value <= MAX_ID
    ]


def _mount_errors(container: Container, volumes: dict[Any, dict[str, Any]]) -> list[FieldError]:
    errors: list[FieldError] = []
    seen: set[str] = set()
    for index, mount in enumerate(container.get("volumeMounts") or []):
        wrong = _place_errors(mount, seen)
        name = mount.get("name") or ""
        claim = (volumes.get(name) or {}).get("persistentVolumeClaim")
        if isinstance(claim, dict) and claim.get("readOnly") and not mount.get("readOnly"):
            wrong.append(FieldError("volume is readOnly but volume mount is not", ("readOnly",)))
        if name not in volumes:
            wrong.append(FieldError("volumeMount has no matching volume", ("name",)))
        if mount.get("mountPropagation") is not None:
            off = "Volume Mount Propagation support is disabled, but found volume mount"
            wrong.append(FieldError(f"{off} {name} with mount propagation"))
            wrong.append(disallowed("mountPropagation"))
            if mount["mountPropagation"] not in ("None", "HostToContainer"):
                text = "mount propagation should be set to None or HostToContainer"
                wrong.append(FieldError(text, ("mountPropagation",)))
        errors += below(f"volumeMounts[{index}]", wrong)
    return errors


def _place_errors(mount: dict[str, Any], seen: set[str]) -> list[FieldError]:
    where = str(mount.get("mountPath") or "")
    clean, path = posixpath.normpath(where), "mountPath"
    before = clean in seen
    seen.add(clean)
    if not where:
        return [missing(path)]
    if clean in RESERVED_PATHS:
        return [FieldError(f'mountPath "{clean}" is a reserved path', (path,))]
    if not where.startswith("/"):
        return [invalid(where, path)]
    return [invalid(f'"{where}" must be unique', path)] if before else []
