"""The compute resources of steps and sidecars as set by a TaskRun. Pure.

Source: ``pkg/internal/computeresources/tasklevel`` and ``pkg/apis/pipeline/v1/merge.go``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from pkgops.kube import Obj

_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal(10) ** 3,
    **{letter: Decimal(10) ** (3 * power) for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
_BYTES = ("memory", "ephemeral-storage")


def with_resources(run: Obj, steps: Iterable[Obj], sidecars: Iterable[Obj]) -> tuple[list[Obj], list[Obj]]:
    """Return steps and sidecars with the compute resources of the TaskRun."""
    spec = run["spec"]
    overridden = [_overridden(step, spec.get("stepSpecs") or []) for step in steps]
    beside = [_overridden(sidecar, spec.get("sidecarSpecs") or []) for sidecar in sidecars]
    shared = spec.get("computeResources") or {}
    if not (shared.get("requests") or shared.get("limits")):
        return overridden, beside
    return [_share(step, shared, len(overridden)) for step in overridden], beside


def _overridden(container: Obj, specs: Iterable[Obj]) -> Obj:
    known = container.get("computeResources") or container.get("resources") or {}
    for entry in specs:
        if entry.get("name") == container.get("name"):
            override = entry.get("computeResources") or {}
            return {**container, "computeResources": _merged(known, override)}
    return container


def _merged(known: Mapping[str, Any], override: Mapping[str, Any]) -> Obj:
    both = {**known, **override}
    for key in ("requests", "limits"):
        if known.get(key) and override.get(key):
            both[key] = {**known[key], **override[key]}
    return both


def _share(step: Obj, shared: Mapping[str, Any], count: int) -> Obj:
    """Return a step with its share of the requests and the full limits, since steps run sequentially."""
    own = step.get("computeResources") or {}
    requests = shared.get("requests")
    if not own.get("requests") and not requests:
        # Otherwise Kubernetes would default the requests of every step to its limits.
        requests = shared.get("limits")
    result = {
        **own,
        "requests": {name: _part(name, str(amount), count) for name, amount in (requests or {}).items()},
        "limits": dict(shared.get("limits") or {}),
    }
    return {**step, "computeResources": {key: value for key, value in result.items() if value}}


def _part(name: str, amount: str, count: int) -> str:
    value = quantity(amount)
    if name in _BYTES:
        return str(int(value) // count)
    return f"{int(value * 1000) // count}m"


def quantity(text: str) -> Decimal:
    """Return the value of a Kubernetes quantity.

    Raises:
        ValueError: it is not a quantity.
    """
    match = re.fullmatch(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]|[KMGTPE]i|)", text)
    if match is None:
        raise ValueError(f"{text!r} is no quantity")
    return Decimal(match[1]) * _FACTORS[match[2]]
