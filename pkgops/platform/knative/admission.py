"""The admission webhooks of Knative Serving, answered by the platform process over https.

They write who made and last changed a Service into annotations and refuse whoever changes those, as
the real ones do; a package that does not carry kapp's rebase rules fails here as it does there.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.crds import OWN_LABEL
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.review import defaulted, problems
from pkgops.platform.runtime import Platform
from pkgops.platform.webhooks import reviewed, webhook

REGISTRATION = "admissionregistration.k8s.io/v1"
MUTATING = "webhook.serving.knative.dev"
VALIDATING = "validation.webhook.serving.knative.dev"
DEFAULTING_PATH, VALIDATION_PATH = "/defaulting", "/resource-validation"
KINDS = ("services", "configurations", "routes")


class Admission:
    """Answers admission reviews and tells the API server to ask."""

    def __init__(self, platform: Platform) -> None:
        self._webhooks = platform.webhooks

    def start(self) -> None:
        """Add the answers and registrations to the platform's webhook server."""
        for path in (DEFAULTING_PATH, VALIDATION_PATH):
            self._webhooks.on(path, partial(answer, path))
        self._webhooks.register(registrations)


def registrations(root: str, bundle: str) -> list[Obj]:
    """Return the two webhook configurations that point to ``root``."""
    return [
        _registration("MutatingWebhookConfiguration", MUTATING, f"{root}{DEFAULTING_PATH}", bundle),
        _registration("ValidatingWebhookConfiguration", VALIDATING, f"{root}{VALIDATION_PATH}", bundle),
    ]


def _registration(kind: str, name: str, url: str, bundle: str) -> Obj:
    rule = {
        "apiGroups": [kn.GROUP],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": list(KINDS),
        "scope": "Namespaced",
    }
    meta = {"name": name, "labels": {OWN_LABEL: "knative"}}
    webhooks = [webhook(name, url, bundle, rule)]
    return {"apiVersion": REGISTRATION, "kind": kind, "metadata": meta, "webhooks": webhooks}


def answer(path: str, review: Obj) -> Obj:
    """Return the AdmissionReview that answers one, for a path of this server."""
    request: dict[str, Any] = review["request"]
    if path == DEFAULTING_PATH:
        return reviewed(request, patch=_patch(request))
    return reviewed(request, refusal=_refusal(request))


def _patch(request: dict[str, Any]) -> list[Obj]:
    obj = request["object"]
    wanted = defaulted(obj, request.get("oldObject"), str(request["userInfo"].get("username", "")))
    return [
        {"op": "add", "path": f"/{key}", "value": wanted[key]}
        for key in ("metadata", "spec")
        if wanted.get(key) != obj.get(key)
    ]


def _refusal(request: dict[str, Any]) -> Obj | None:
    obj = request["object"]
    # What is being deleted has to let go of its finalizers, whatever else is wrong with it.
    going = bool(obj["metadata"].get("deletionTimestamp"))
    found = [] if going else problems(obj, request.get("oldObject"))
    text = "validation failed: " + "\n".join(found)
    return {"code": 400, "reason": "BadRequest", "message": text} if found else None
