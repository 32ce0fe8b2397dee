"""Knative's validation of the probes of containers, and their defaults. Pure.

Source: ``validateProbe`` and ``validateReadinessProbe`` of ``pkg/apis/serving/k8s_validation.go``, and
``pkg/apis/serving/v1/revision_defaults.go``.
"""

from __future__ import annotations

from typing import Any

from pkgops.platform.fielderrors import (
    FieldError,
    below,
    disallowed,
    invalid,
    missing_one_of,
    out_of_bounds,
    several_of,
)

MAX_INT32 = 2**31 - 1
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
HANDLERS = {"httpGet": "httpGet", "tcpSocket": "tcpSocket", "exec": "exec", "grpc": "gRPC"}
"""The handlers of a probe, with Knative's names in the message where several are set."""


def default_probes(container: dict[str, Any], *, serves: bool) -> None:
    """Set the defaults of Knative's webhook; the container that serves always has a readiness probe."""
    if serves:
        probe = container["readinessProbe"] = container.get("readinessProbe") or {}
        if not set(HANDLERS) & set(probe):
            probe["tcpSocket"] = {"port": 0}
    ready = container.get("readinessProbe")
    if ready is not None:
        ready["successThreshold"] = ready.get("successThreshold") or 1
        if ready.get("periodSeconds"):
            ready["failureThreshold"] = ready.get("failureThreshold") or 3
            ready["timeoutSeconds"] = ready.get("timeoutSeconds") or 1
    for name in PROBES:
        grpc = (container.get(name) or {}).get("grpc")
        if grpc is not None:
            grpc.setdefault("service", "")


def probe_errors(container: dict[str, Any], *, serves: bool) -> list[FieldError]:
    """Return the errors of a container's probes; only the container that serves may have any."""
    if not serves:
        return [
            error
            for name in PROBES
            if container.get(name)
            for error in below(name, [_probe_disallowed(container[name])])
        ]
    port = str(((container.get("ports") or [{}])[0]).get("name") or "http")
    errors: list[FieldError] = []
    for name in PROBES:
        probe = container.get(name)
        if probe is not None:
            wrong = _probe_errors(probe, port)
            wrong += _readiness_errors(probe) if name == "readinessProbe" else []
            errors += below(name, wrong)
    return errors


def _probe_disallowed(probe: dict[str, Any]) -> FieldError:
    """Return the error of a probe that must not be set: with the path of the probe for its handler, and those
    of its other fields that are not zero.
    """
    places = {"" if key in HANDLERS else key for key, value in probe.items() if key in HANDLERS or value}
    return disallowed(*sorted(places))


def _probe_errors(probe: dict[str, Any], port: str) -> list[FieldError]:
    given = [key for key in HANDLERS if probe.get(key) is not None]
    errors: list[FieldError] = []
    for key in ("httpGet", "tcpSocket"):
        probed = (probe.get(key) or {}).get("port")
        if isinstance(probed, str) and probed not in ("", port):
            errors.append(invalid(probed, f"{key}.port", "Probe port must match container port"))
    if not given:
        errors.append(missing_one_of(*HANDLERS))
    elif len(given) > 1:
        errors.append(several_of(*(HANDLERS[key] for key in given)))
    return errors


def _readiness_errors(probe: dict[str, Any]) -> list[FieldError]:
    period, success = probe.get("periodSeconds") or 0, probe.get("successThreshold") or 0
    tries, timeout = probe.get("failureThreshold") or 0, probe.get("timeoutSeconds") or 0
    delay = probe.get("initialDelaySeconds") or 0
    bounds = [
        (period, 0, "periodSeconds"),
        (delay, 0, "initialDelaySeconds"),
        (success, 1, "successThreshold"),
    ]
    if period:
        bounds += [(timeout, 1, "timeoutSeconds"), (tries, 1, "failureThreshold")]
    errors = [out_of_bounds(value, low, MAX_INT32, key) for value, low, key in bounds if value < low]
    if not period:
        errors += [
            FieldError(f"{key} is disallowed when periodSeconds is zero", (key,))
            for value, key in ((tries, "failureThreshold"), (timeout, "timeoutSeconds"))
            if value
        ]
    return errors
