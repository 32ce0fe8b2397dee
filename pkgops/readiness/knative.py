"""Knative Service, Configuration and Route."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.model import CauseCode, Condition, Output, StageStatus, State
from pkgops.readiness.base import Obj, condition, from_condition, has, status, unobserved
from pkgops.readiness.containers import serving_image
from pkgops.values import replace

NO_INGRESS = "the application serves; no networking layer configures an ingress for it"


def read(obj: Obj) -> StageStatus:
    """Return the status of a Service, Configuration or Route.

    Without a networking layer Ready stays Unknown with IngressNotConfigured, whatever the state of the
    Revision: then another condition decides, and Ready's message is not used.
    """
    waiting = unobserved(obj, "the Knative controller")
    if waiting:
        return waiting
    ready = condition(obj, "Ready")
    out = Output(url=str(status(obj).get("url") or ""), image=serving_image(obj))
    if ready is None:
        return StageStatus(state=State.WORKING, reason="Progressing", output=out)
    if ready.status == "True":
        return from_condition(State.DONE, ready, until=ready.since, output=out)
    if ready.status == "False":
        return from_condition(State.FAILED, ready, code=_failure(ready.reason, ready.message), output=out)
    serving = condition(obj, "ConfigurationsReady" if obj.get("kind") == "Service" else "AllTrafficAssigned")
    if ready.reason == "IngressNotConfigured" and serving is not None:
        return _without_ingress(ready, serving, out)
    return from_condition(State.WORKING, ready, output=out)


def _without_ingress(ready: Condition, serving: Condition, out: Output) -> StageStatus:
    """Return the status by the condition for everything but the ingress."""
    if serving.status != "True":
        found = from_condition(State.WORKING, serving, output=out)
        return replace(found, reason=serving.reason or "Progressing")
    # Ready does not change with a later version, so its time may be that of the first one.
    end = max(filter(None, (ready.since, serving.since)), default=None)
    return StageStatus(
        state=State.DONE,
        reason="NoNetworkingLayer",
        message=NO_INGRESS,
        code=CauseCode.NO_NETWORKING_LAYER,
        condition=serving,
        since=end,
        until=end,
        output=out,
    )


def awaits_revision(obj: Obj, known: Sequence[str]) -> bool:
    """Whether a Service has no Revision of its present spec yet, or has not observed it.

    ``known`` are the names of its Revisions, the newest first. Until the Configuration has read the present
    spec, the status names the Revision of the spec before as both the latest created and the latest ready.
    """
    made, ready = (str(status(obj).get(f"latest{word}RevisionName") or "") for word in ("Created", "Ready"))
    configured = condition(obj, "ConfigurationsReady")
    if configured is not None and configured.reason == "OutOfDate":
        return True
    return bool(made) and (made not in known or (made == ready and made != known[0]))


def _failure(reason: str, message: str) -> CauseCode:
    if has(message, "Unable to fetch image"):
        return CauseCode.IMAGE_PULL
    return (
        CauseCode.REVISION_FAILED if has(reason, "Revision") or has(message, "revision") else CauseCode.FAILED
    )
