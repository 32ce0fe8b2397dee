"""Knative's validation of a Service's traffic and of the metadata of its template. Pure.

Source: ``route_validation.go``, ``configuration_validation.go`` and ``revision_validation.go`` of
``pkg/apis/serving/v1``, and ``metadata_validation.go`` of Knative's networking and of its library.
"""

from __future__ import annotations

from typing import Any

from pkgops.platform.fielderrors import (
    FieldError,
    disallowed,
    invalid,
    invalid_key,
    label_faults,
    missing,
    out_of_bounds,
    qualified_faults,
)
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.scalingrules import scaling_errors, seconds_errors, sidecar_errors

NETWORKING = "networking.knative.dev"
NETWORKING_KEYS = frozenset(
    f"{NETWORKING}/{name}"
    for name in (
        "ingress-class",
        "ingress.class",
        "certificate-class",
        "certificate.class",
        "disable-auto-tls",
        "disableAutoTLS",
        "disable-external-domain-tls",
        "httpOption",
        "http-protocol",
    )
)


def traffic_errors(targets: list[dict[str, Any]], *, of_service: bool) -> list[FieldError]:
    """Return the errors of ``spec.traffic``.

    Args:
        targets: the targets, with the webhook's defaults.
        of_service: whether they are those of a Service, which must not name a Configuration.
    """
    errors: list[FieldError] = []
    places: dict[str, int] = {}
    for index, target in enumerate(targets):
        errors += [error.below(f"[{index}]") for error in _target_errors(target, of_service)]
        tag = target.get("tag") or ""
        faults = label_faults(tag) if tag else []
        if faults:
            errors.append(invalid(f"not a DNS 1035 label: [{' '.join(faults)}]", f"tag[{index}]"))
        if tag in places:
            both = (f"[{index}].tag", f"[{places[tag]}].tag")
            errors.append(FieldError(f'Multiple definitions for "{tag}"', both))
        elif tag:
            places[tag] = index
    total = sum(target.get("percent") or 0 for target in targets)
    if total != 100:
        errors.append(FieldError(f"Traffic targets sum to {total}, want 100", ("",)))
    return errors


def _target_errors(target: dict[str, Any], of_service: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    revision, latest = target.get("revisionName") or "", target.get("latestRevision")
    configuration = target.get("configurationName") or ""
    if latest is not None and bool(revision) == latest:
        text = f'may not set revisionName "{revision}" when latestRevision is {str(latest).lower()}'
        errors.append(FieldError(text, ("latestRevision",)))
    if of_service and configuration:
        errors.append(disallowed("configurationName"))
    elif revision and configuration:
        errors.append(FieldError("expected exactly one, got both", ("revisionName", "configurationName")))
    elif revision or configuration:
        named = "revisionName" if revision else "configurationName"
        faults = qualified_faults((revision or configuration).rpartition("/")[2])
        errors += [invalid_key(revision or configuration, named, ", ".join(faults))] if faults else []
    elif not of_service:
        errors.append(FieldError("expected exactly one, got neither", ("revisionName", "configurationName")))
    percent = target.get("percent") or 0
    if not 0 <= percent <= 100:
        errors.append(out_of_bounds(percent, 0, 100, "percent"))
    if target.get("url"):
        errors.append(disallowed("url"))
    return errors


def name_errors(meta: dict[str, Any], owner: str) -> list[FieldError]:
    """Return the errors of the Revision's name in a template.

    Args:
        meta: ``metadata`` of the template.
        owner: the name of the Service or Configuration.
    """
    name, generated = str(meta.get("name") or ""), str(meta.get("generateName") or "")
    faults = _prefix_faults(generated)
    if faults:
        text = f"not a DNS 1035 label prefix: [{' '.join(faults)}]"
        return [invalid(text, "metadata.generateName")]
    if not name:
        return []
    faults = label_faults(name)
    if faults:
        return [invalid(f"not a DNS 1035 label: [{' '.join(faults)}]", "metadata.name")]
    if not name.startswith(f"{owner}-"):
        return [invalid(f'"{name}" must have prefix "{owner}-"', "metadata.name")]
    return []


def annotation_errors(annotations: dict[str, str]) -> list[FieldError]:
    """Return the errors of a template's annotations."""
    errors = scaling_errors(annotations) + sidecar_errors(annotations)
    errors += seconds_errors(annotations, kn.PROGRESS_DEADLINE[:1], "progress-deadline")
    errors += [
        FieldError(f'invalid key name "{key}"', ("",))
        for key in annotations
        if key.startswith(NETWORKING) and key not in NETWORKING_KEYS
    ]
    return errors


def object_name_errors(meta: dict[str, Any]) -> list[FieldError]:
    """Return the errors of the name of a Service, Configuration, Route or Revision."""
    name, generated = str(meta.get("name") or ""), str(meta.get("generateName") or "")
    if wrong := _prefix_faults(generated):
        return [FieldError(f"not a DNS 1035 label prefix: [{' '.join(wrong)}]", ("generateName",))]
    faults = " ".join(label_faults(name)) if name else ""
    return [FieldError(f"not a DNS 1035 label: [{faults}]", ("name",))] if faults else []


def _prefix_faults(prefix: str) -> list[str]:
    """Return why a ``generateName`` is not valid; it may end with a dash."""
    if not prefix:
        return []
    return label_faults(f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix)


def owner_errors(obj: dict[str, Any], label: str, kind: str) -> list[FieldError]:
    """Return the error of a label that names an owner without an owner reference."""
    name = kn.labels_of(obj).get(label)
    owners = obj["metadata"].get("ownerReferences") or []
    owned = any(owner.get("kind") == kind and owner.get("name") == name for owner in owners)
    return [] if name is None or owned else [missing(f"labels.{label}")]


def same_name_errors(template: dict[str, Any], before: dict[str, Any]) -> list[FieldError]:
    """Return the error of a template that was changed without a change of its Revision's name."""
    name = (template.get("metadata") or {}).get("name")
    if not name or name != (before.get("metadata") or {}).get("name") or template == before:
        return []
    return [FieldError("Saw the following changes without a name change (-old +new)", ("metadata.name",))]
