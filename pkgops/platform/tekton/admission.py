"""The admission webhooks of Tekton Pipelines, answered by the platform process over https."""

from __future__ import annotations

from functools import partial
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.crds import OWN_LABEL
from pkgops.platform.runtime import Platform
from pkgops.platform.tekton.defaults import defaulted
from pkgops.platform.tekton.embedded import told_fields
from pkgops.platform.tekton.review import problems
from pkgops.platform.tekton.roundtrip import Unwritable
from pkgops.platform.webhooks import reviewed, webhook

REGISTRATION = "admissionregistration.k8s.io/v1"
MUTATING = "webhook.pipeline.tekton.dev"
VALIDATING = "validation.webhook.pipeline.tekton.dev"
DEFAULTING_PATH, VALIDATION_PATH = "/tekton/defaulting", "/tekton/resource-validation"
KINDS = ("tasks", "taskruns", "pipelines", "pipelineruns", "stepactions")


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
        "apiGroups": ["tekton.dev"],
        "apiVersions": ["v1", "v1beta1", "v1alpha1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": list(KINDS),
        "scope": "Namespaced",
    }
    meta = {"name": name, "labels": {OWN_LABEL: "tekton"}}
    webhooks = [webhook(name, url, bundle, rule)]
    return {"apiVersion": REGISTRATION, "kind": kind, "metadata": meta, "webhooks": webhooks}


def answer(path: str, review: Obj) -> Obj:
    """Return the AdmissionReview that answers one, for a path of this server."""
    request: dict[str, Any] = review["request"]
    try:
        wanted = defaulted(request["object"], creating=request.get("operation") == "CREATE")
    except Unwritable as error:
        text = f"cannot create patch for round tripped newBytes: cannot marshal interface: {error}"
        return reviewed(request, refusal=_refusal(f"mutation failed: {text}"))
    except ValueError as error:
        return reviewed(
            request, refusal=_refusal(f"mutation failed: cannot decode incoming new object: {error}")
        )
    if path == DEFAULTING_PATH:
        return reviewed(request, patch=_patch(request["object"], wanted))
    # What is being deleted has to lose its finalizers, whatever else is wrong with it.
    if wanted["metadata"].get("deletionTimestamp"):
        return reviewed(request)
    found = problems(wanted, request.get("oldObject"))
    refused = _refusal("validation failed: " + "\n".join(found)) if found else None
    return reviewed(request, refusal=refused, warnings=told_fields(wanted))


def _patch(obj: Obj, wanted: Obj) -> list[Obj]:
    return [
        {"op": "add", "path": f"/{key}", "value": wanted[key]}
        for key in ("metadata", "spec")
        if wanted.get(key) != obj.get(key)
    ]


def _refusal(text: str) -> Obj:
    return {"code": 400, "reason": "BadRequest", "message": text}
