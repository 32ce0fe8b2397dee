"""What Knative refuses in a Service's traffic and in the metadata of its template. Pure.

Source: ``pkg/apis/serving/v1/route_validation.go`` and ``revision_validation.go``,
``pkg/apis/autoscaling/annotation_validation.go``, and ``metadata_validation.go`` of Knative's networking.
"""

from __future__ import annotations

import re
from typing import Any

from pkgops.platform.fielderrors import FieldError, disallowed, invalid, label_faults, out_of_bounds
from pkgops.platform.knative import labels as kn

MAX_INT32 = 2**31 - 1
WHOLE_NUMBER = "[+-]?[0-9]+"
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
    """Return what is wrong with ``spec.traffic``.

    Args:
        targets: the targets, with the webhook's defaults.
        of_service: whether the configuration is given by the object itself, as a Service's is.
    """
    found: list[FieldError] = []
    places: dict[str, int] = {}
    for index, target in enumerate(targets):
        found += [error.below(f"[{index}]") for error in _target_errors(target, of_service)]
        tag = target.get("tag") or ""
        faults = label_faults(tag) if tag else []
        if faults:
            found.append(invalid(f"not a DNS 1035 label: [{' '.join(faults)}]", f"tag[{index}]"))
        if tag in places:
            both = (f"[{index}].tag", f"[{places[tag]}].tag")
            found.append(FieldError(f'Multiple definitions for "{tag}"', both))
        elif tag:
            places[tag] = index
    total = sum(target.get("percent") or 0 for target in targets)
    if total != 100:
        found.append(FieldError(f"Traffic targets sum to {total}, want 100", ("",)))
    return found


def _target_errors(target: dict[str, Any], of_service: bool) -> list[FieldError]:
    found: list[FieldError] = []
    revision, latest = target.get("revisionName") or "", target.get("latestRevision")
    configuration = target.get("configurationName") or ""
    if latest is not None and bool(revision) == latest:
        text = f'may not set revisionName "{revision}" when latestRevision is {str(latest).lower()}'
        found.append(FieldError(text, ("latestRevision",)))
    if of_service and configuration:
        found.append(disallowed("configurationName"))
    elif revision and configuration:
        found.append(FieldError("expected exactly one, got both", ("revisionName", "configurationName")))
    elif not (of_service or revision or configuration):
        found.append(FieldError("expected exactly one, got neither", ("revisionName", "configurationName")))
    percent = target.get("percent") or 0
    if not 0 <= percent <= 100:
        found.append(out_of_bounds(percent, 0, 100, "percent"))
    if target.get("url"):
        found.append(disallowed("url"))
    return found


def name_errors(name: str, owner: str) -> list[FieldError]:
    """Return what is wrong with the name that a template gives its Revision.

    Args:
        name: ``metadata.name`` of the template, empty if it has none.
        owner: the name of the Service or Configuration.
    """
    if not name:
        return []
    faults = label_faults(name)
    if faults:
        return [invalid(f"not a DNS 1035 label: [{' '.join(faults)}]", "metadata.name")]
    if not name.startswith(f"{owner}-"):
        return [invalid(f'"{name}" must have prefix "{owner}-"', "metadata.name")]
    return []


def annotation_errors(notes: dict[str, str]) -> list[FieldError]:
    """Return what is wrong with a template's annotations."""
    low, found = _whole(notes, kn.MIN_SCALE)
    high, wrong = _whole(notes, kn.MAX_SCALE)
    found += wrong
    if high and high < low:
        text = f"max-scale={high} is less than min-scale={low}"
        found.append(FieldError(text, (kn.MAX_SCALE[0], kn.MIN_SCALE[0])))
    key = kn.key_of(notes, kn.INITIAL_SCALE)
    if key and not re.fullmatch(WHOLE_NUMBER, notes[key]):
        found.append(invalid(notes[key], key))
    elif key and int(notes[key]) < 0:
        found.append(invalid(notes[key], f"{key} must be greater than 0"))
    elif key and int(notes[key]) == 0:
        found.append(invalid(notes[key], f"{key}=0 not allowed by cluster"))
    found += [
        FieldError(f'invalid key name "{key}"', ("",))
        for key in notes
        if key.startswith(NETWORKING) and key not in NETWORKING_KEYS
    ]
    return found


def _whole(notes: dict[str, str], keys: tuple[str, ...]) -> tuple[int, list[FieldError]]:
    key = kn.key_of(notes, keys)
    if not key:
        return 0, []
    text = notes[key]
    if not re.fullmatch(WHOLE_NUMBER, text):
        return 0, [invalid(text, key)]
    if not 0 <= int(text) <= MAX_INT32:
        return 0, [out_of_bounds(text, 0, MAX_INT32, key)]
    return int(text), []
