"""What the three kinds have in common: finalizer, requests to reconcile now, progress at the beginning."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime

from pkgops.kube import Client, NotFound, Obj
from pkgops.platform.conditions import condition_of
from pkgops.platform.flux.conditions import Conditions
from pkgops.platform.statuswrite import of_served_kind

FINALIZER = "finalizers.fluxcd.io"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


def add_finalizer(client: Client, obj: Obj) -> Obj:
    """Return the object with the toolkit's finalizer, written first if it was not there."""
    present = obj["metadata"].get("finalizers") or []
    return obj if FINALIZER in present else _write_finalizers(client, obj, [*present, FINALIZER])


def drop_finalizer(client: Client, obj: Obj) -> None:
    """Let an object that is being deleted go."""
    present = obj["metadata"].get("finalizers") or []
    if FINALIZER in present:
        try:
            with of_served_kind():
                _write_finalizers(client, obj, [entry for entry in present if entry != FINALIZER])
        except NotFound:
            return


def requested_at(obj: Obj) -> str:
    """Return the request to reconcile now that is not yet answered; empty where there is none."""
    asked = (obj["metadata"].get("annotations") or {}).get(REQUESTED_AT, "")
    return "" if asked == (obj.get("status") or {}).get("lastHandledReconcileAt") else str(asked)


def handled(obj: Obj, status: Obj) -> Obj:
    """Return the status with the newest request marked as answered."""
    asked = (obj["metadata"].get("annotations") or {}).get(REQUESTED_AT)
    return {**status, "lastHandledReconcileAt": asked} if asked else status


def observed_generation(obj: Obj) -> int:
    """Return the generation that was last reconciled to the end; -1 before that."""
    return int((obj.get("status") or {}).get("observedGeneration", -1))


def is_new(obj: Obj) -> bool:
    """Tell whether this generation was not yet reconciled to the end."""
    return bool(observed_generation(obj) != obj["metadata"].get("generation", 1))


def begin(obj: Obj, now: Callable[[], datetime]) -> Conditions:
    """Return the conditions with what the toolkit says first."""
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
    """Tell whether the last look at this generation failed: then the next one says nothing before its end."""
    ready = condition_of(obj) or {}
    seen = ready.get("observedGeneration") == obj["metadata"].get("generation", 1)
    return seen and ready.get("status") == "False"


def secret_data(secret: Obj) -> dict[str, str]:
    """Return a Secret's values as text."""
    data = {key: base64.b64decode(value) for key, value in (secret.get("data") or {}).items()}
    return {key: value.decode(errors="replace") for key, value in data.items()}


def _write_finalizers(client: Client, obj: Obj, finalizers: list[str]) -> Obj:
    meta = obj["metadata"]
    patch = {"metadata": {"finalizers": finalizers, "resourceVersion": meta["resourceVersion"]}}
    return client.patch(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""), patch)
