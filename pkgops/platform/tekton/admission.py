"""The admission webhooks of Tekton Pipelines, served by the platform process."""

from __future__ import annotations

from functools import partial
from typing import Any

from pkgops.kube import Obj
from pkgops.platform import webhooks
from pkgops.platform.runtime import Platform
from pkgops.platform.tekton.defaults import defaulted
from pkgops.platform.tekton.embedded import field_warnings
from pkgops.platform.tekton.review import problems
from pkgops.platform.tekton.roundtrip import EncodingError
from pkgops.platform.webhooks import reviewed

DEFAULTING_NAME = "webhook.pipeline.tekton.dev"
VALIDATION_NAME = "validation.webhook.pipeline.tekton.dev"
DEFAULTING_PATH, VALIDATION_PATH = "/tekton/defaulting", "/tekton/resource-validation"
KINDS = ("tasks", "taskruns", "pipelines", "pipelineruns", "stepactions")


class Admission:
    """Serves and registers the webhooks."""

    def __init__(self, platform: Platform) -> None:
        self._webhooks = platform.webhooks

    def start(self) -> None:
        """Serve the webhooks on the platform's webhook server and register them."""
        for path in (DEFAULTING_PATH, VALIDATION_PATH):
            self._webhooks.on(path, partial(respond, path))
        self._webhooks.register(registrations)


def registrations(root: str, bundle: str) -> list[Obj]:
    """Return the two webhook configurations whose URLs start with ``root``."""
    return [
        _registration(webhooks.MUTATING, DEFAULTING_NAME, f"{root}{DEFAULTING_PATH}", bundle),
        _registration(webhooks.VALIDATING, VALIDATION_NAME, f"{root}{VALIDATION_PATH}", bundle),
    ]


def _registration(kind: str, name: str, url: str, bundle: str) -> Obj:
    rule = {
        "apiGroups": ["tekton.dev"],
        "apiVersions": ["v1", "v1beta1", "v1alpha1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": list(KINDS),
        "scope": "Namespaced",
    }
    return webhooks.configuration(kind, name, "tekton", [webhooks.webhook(name, url, bundle, rule)])


def respond(path: str, review: Obj) -> Obj:
    """Return the AdmissionReview with the response to a request, for a path of the server."""
    request: dict[str, Any] = review["request"]
    try:
        with_defaults = defaulted(request["object"], creating=request.get("operation") == "CREATE")
    except EncodingError as error:
        text = f"cannot create patch for round tripped newBytes: cannot marshal interface: {error}"
        return reviewed(request, refusal=_refusal(f"mutation failed: {text}"))
    except ValueError as error:
        return reviewed(
            request, refusal=_refusal(f"mutation failed: cannot decode incoming new object: {error}")
        )
    if path == DEFAULTING_PATH:
        return reviewed(request, patch=_patch(request["object"], with_defaults))
    # The finalizers of an object that is being deleted must be removable though the object is not valid.
    if with_defaults["metadata"].get("deletionTimestamp"):
        return reviewed(request)
    messages = problems(with_defaults, request.get("oldObject"))
    refused = _refusal("validation failed: " + "\n".join(messages)) if messages else None
    return reviewed(request, refusal=refused, warnings=field_warnings(with_defaults))


def _patch(obj: Obj, with_defaults: Obj) -> list[Obj]:
    return [
        {"op": "add", "path": f"/{key}", "value": with_defaults[key]}
        for key in ("metadata", "spec")
        if with_defaults.get(key) != obj.get(key)
    ]


def _refusal(text: str) -> Obj:
    return {"code": 400, "reason": "BadRequest", "message": text}
