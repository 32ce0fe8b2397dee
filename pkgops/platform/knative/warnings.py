"""Knative's admission warnings: about insecure defaults of Kubernetes, and a deprecated annotation. Pure.

Source: ``warnDefaultContainerSecurityContext`` in ``pkg/apis/serving/k8s_validation.go``, and
``v1/revision_validation.go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid, messages
from pkgops.platform.godecoding import unknown_paths
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.structs import SPECS
from pkgops.platform.unknownfields import drop_warnings, unknown_fields

INSECURE = "Kubernetes default value is insecure, Knative may default this to secure in a future release"
OLD_PERCENTAGE = (
    "Queue proxy resource percentage annotation is deprecated. Please use the available annotations to "
    "explicitly set resource values per service"
)


def warnings(obj: Obj) -> list[str]:
    """Return Knative's warnings about an object, which are returned whether it is refused or not."""
    return [*_own(obj), *_drop_warnings(obj)]


def _drop_warnings(obj: Obj) -> list[str]:
    """Return the warnings about unknown fields below the listed ones, which the API server drops."""
    listed = unknown_fields("knative", obj)
    paths = unknown_paths(obj.get("spec"), SPECS[obj["kind"]], "spec")
    return list(drop_warnings(path for path in paths if not path.startswith(tuple(listed))))


def _own(obj: Obj) -> list[str]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "Revision":
        return messages(below("spec", _insecure(spec)))
    template = spec.get("template") if obj["kind"] in ("Service", "Configuration") else None
    if not template:
        return []
    annotations = (template.get("metadata") or {}).get("annotations") or {}
    errors = below("spec", _insecure(template.get("spec") or {}))
    if kn.key_of(annotations, kn.SIDECAR_PERCENTAGE):
        errors.append(FieldError(OLD_PERCENTAGE))
    return messages(below("spec.template", errors))


def _insecure(spec: Obj) -> Iterator[FieldError]:
    pod = spec.get("securityContext") or {}
    for kind in ("containers", "initContainers"):
        for index, container in enumerate(spec.get(kind) or []):
            own = container.get("securityContext") or {}
            yield from below(f"{kind}[{index}].securityContext", _of_context(pod, own))


def _of_context(pod: dict[str, Any], own: dict[str, Any]) -> list[FieldError]:
    left = []
    if pod.get("runAsNonRoot") is None and own.get("runAsNonRoot") is None:
        left.append("runAsNonRoot")
    if own.get("allowPrivilegeEscalation") is None:
        left.append("allowPrivilegeEscalation")
    profiles = [
        context["seccompProfile"] for context in (pod, own) if context.get("seccompProfile") is not None
    ]
    if not profiles:
        left.append("seccompProfile")
    elif not any(profile.get("type") for profile in profiles):
        left.append("seccompProfile.type")
    capabilities = own.get("capabilities")
    dropped = (capabilities or {}).get("drop")
    if capabilities is None:
        left.append("capabilities")
    elif dropped is None:
        left.append("capabilities.drop")
    misspelt = (
        [invalid("all", "capabilities.drop", "Must be spelled as 'ALL'")]
        if (dropped or [""])[0] == "all"
        else []
    )
    return [*(FieldError(INSECURE, (path,)) for path in left), *misspelt]
