"""What Knative takes and warns of: defaults of Kubernetes that are not secure, and an old annotation. Pure.

Source: ``warnDefaultContainerSecurityContext`` in ``pkg/apis/serving/k8s_validation.go``, and
``v1/revision_validation.go``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.fielderrors import FieldError, below, invalid
from pkgops.platform.fielderrors import told as texts
from pkgops.platform.godecoding import unknown_paths
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.structs import SPECS
from pkgops.platform.unknownfields import dropped, unknown_fields

INSECURE = "Kubernetes default value is insecure, Knative may default this to secure in a future release"
OLD_PERCENTAGE = (
    "Queue proxy resource percentage annotation is deprecated. Please use the available annotations to "
    "explicitly set resource values per service"
)


def warnings(obj: Obj) -> list[str]:
    """Return what the person who applies an object is told, whether it is refused or not. Knative's words."""
    return [*_own(obj), *_dropped(obj)]


def _dropped(obj: Obj) -> list[str]:
    """Tell of fields below those that the list has: the API server drops them there, and says so."""
    listed = unknown_fields("knative", obj)
    found = unknown_paths(obj.get("spec"), SPECS[obj["kind"]], "spec")
    return list(dropped(path for path in found if not path.startswith(tuple(listed))))


def _own(obj: Obj) -> list[str]:
    spec = obj.get("spec") or {}
    if obj["kind"] == "Revision":
        return texts(below("spec", _insecure(spec)))
    template = spec.get("template") if obj["kind"] in ("Service", "Configuration") else None
    if not template:
        return []
    notes = (template.get("metadata") or {}).get("annotations") or {}
    found = below("spec", _insecure(template.get("spec") or {}))
    if kn.key_of(notes, kn.SIDECAR_PERCENTAGE):
        found.append(FieldError(OLD_PERCENTAGE))
    return texts(below("spec.template", found))


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
    profiles = [one["seccompProfile"] for one in (pod, own) if one.get("seccompProfile") is not None]
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
