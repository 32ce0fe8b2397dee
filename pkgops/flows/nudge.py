"""Ask Flux to look now, instead of waiting for its interval.

Only the annotation that Flux documents for this is written; the spec, which Cartographer stamps, is not.
"""

from __future__ import annotations

from datetime import datetime

from pkgops.kube import Client, NotFound, Obj

SOURCE_API = "source.toolkit.fluxcd.io/v1"
IMAGE_API = "image.toolkit.fluxcd.io/v1"
REQUESTED_AT = "reconcile.fluxcd.io/requestedAt"


def ask(client: Client, api_version: str, kind: str, name: str, namespace: str, now: datetime) -> str:
    """Ask for a look at one object; returns the token to find in ``status.lastHandledReconcileAt``.

    Returns an empty token where the object does not exist (any more).
    """
    token = now.isoformat()
    patch = {"metadata": {"annotations": {REQUESTED_AT: token}}}
    try:
        client.patch(api_version, kind, name, namespace, patch)
    except NotFound:
        return ""
    return token


def handled(obj: Obj, token: str) -> bool:
    """Tell whether a look that was asked for has happened."""
    return (obj.get("status") or {}).get("lastHandledReconcileAt") == token
