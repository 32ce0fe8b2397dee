"""Shared by the three kinds: finalizer, requests to reconcile, initial conditions."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime

from pkgops.kube import Client, NotFound, Obj
from pkgops.platform.conditions import condition_of
from pkgops.platform.flux.conditions import Conditions
from pkgops.platform.statuswrite import served_kind_required

FINALIZER = "finalizers.fluxcd.io"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


def add_finalizer(client: Client, obj: Obj) -> Obj:
    """Return the object with the toolkit's finalizer; it is written if it is missing."""
    present = obj["metadata"].get("finalizers") or []
    return obj if FINALIZER in present else _write_finalizers(client, obj, [*present, FINALIZER])


def drop_finalizer(client: Client, obj: Obj) -> None:
    """Remove the finalizer of an object that is being deleted."""
    present = obj["metadata"].get("finalizers") or []
    if FINALIZER in present:
        try:
            with served_kind_required():
                _write_finalizers(client, obj, [entry for entry in present if entry != FINALIZER])
        except NotFound:
            return


def requested_at(obj: Obj) -> str:
    """Return the annotation that requests a reconciliation; empty if there is none or it was handled."""
    requested = (obj["metadata"].get("annotations") or {}).get(REQUESTED_AT, "")
    return "" if requested == (obj.get("status") or {}).get("lastHandledReconcileAt") else str(requested)


def with_handled_request(obj: Obj, status: Obj) -> Obj:
    """Return the status with the latest request marked as handled."""
    requested = (obj["metadata"].get("annotations") or {}).get(REQUESTED_AT)
    return {**status, "lastHandledReconcileAt": requested} if requested else status


def observed_generation(obj: Obj) -> int:
    """Return the generation that was last reconciled successfully; -1 before that."""
    return int((obj.get("status") or {}).get("observedGeneration", -1))


def is_new(obj: Obj) -> bool:
    """Return whether the current generation was not yet reconciled successfully."""
    return bool(observed_generation(obj) != obj["metadata"].get("generation", 1))


def initial_conditions(obj: Obj, now: Callable[[], datetime]) -> Conditions:
    """Return the conditions that the toolkit sets at the start of a reconciliation."""
    conditions = Conditions(obj, now)
    conditions.drop("Stalled")
    if is_new(obj):
        generation = obj["metadata"].get("generation", 1)
        message = f"processing object: new generation {observed_generation(obj)} -> {generation}"
        conditions.progress(
            message, ready=observed_generation(obj) == -1 and not conditions.has("FetchFailed")
        )
    elif requested_at(obj):
        conditions.progress("reconciliation in progress", ready=False)
    return conditions


def is_failing(obj: Obj) -> bool:
    """Return whether the last reconciliation of the current generation failed.

    Then the next one writes no progress before its end.
    """
    ready = condition_of(obj) or {}
    is_current = ready.get("observedGeneration") == obj["metadata"].get("generation", 1)
    return is_current and ready.get("status") == "False"


def secret_data(secret: Obj) -> dict[str, str]:
    """Return a Secret's values as text."""
    data = {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
    return {key: value.decode(errors="replace") for key, value in data.items()}


def _write_finalizers(client: Client, obj: Obj, finalizers: list[str]) -> Obj:
    meta = obj["metadata"]
    patch = {"metadata": {"finalizers": finalizers, "resourceVersion": meta["resourceVersion"]}}
    return client.patch(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""), patch)
