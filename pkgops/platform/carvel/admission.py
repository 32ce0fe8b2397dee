"""Validation by kapp-controller's API server of packages, served as an admission webhook.

With kapp-controller, Package and PackageMetadata are served by an aggregated API server, which validates
them; here they are custom resources. Its other kinds are validated by their CRDs only.
"""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.kube import Obj
from pkgops.platform.carvel.fieldfaults import status
from pkgops.platform.carvel.objects import APP_API
from pkgops.platform.carvel.packagerules import package_faults
from pkgops.platform.unknownfields import drop_warnings, unknown_fields
from pkgops.platform.webhooks import VALIDATING, WebhookServer, configuration, reviewed, webhook

NAME = "packaging-api.carvel.dev"
"""The name of the Service of kapp-controller's API server of packages."""

PATH = "/packages"


def start(server: WebhookServer) -> None:
    """Serve the webhook and register it."""
    server.on(PATH, respond)
    server.register(registrations)


def registrations(root: str, bundle: str) -> list[Obj]:
    """Return the ValidatingWebhookConfiguration whose URLs start with ``root``."""
    rule = {
        "apiGroups": ["data.packaging.carvel.dev"],
        "apiVersions": ["v1alpha1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["packages", "packagemetadatas"],
        "scope": "Namespaced",
    }
    return [configuration(VALIDATING, NAME, "carvel", [webhook(NAME, f"{root}{PATH}", bundle, rule)])]


def respond(review: Obj) -> Obj:
    """Return the AdmissionReview with the response to a request."""
    request = review["request"]
    obj = request["object"]
    # The finalizers of an object that is being deleted must be removable though the object is not valid.
    faults = [] if obj["metadata"].get("deletionTimestamp") else package_faults(obj)
    refusal = status(str(obj["metadata"].get("name") or ""), faults) if faults else None
    return reviewed(request, refusal=refusal, warnings=list(drop_warnings(_unknown(obj))))


def _unknown(obj: Obj) -> Iterator[str]:
    """Yield the fields of a package's App template that an App does not have, which are dropped later."""
    template = (obj.get("spec") or {}).get("template") or {}
    app = {"apiVersion": APP_API, "kind": "App", "spec": template.get("spec") or {}}
    return (f"spec.template.{path}" for path in unknown_fields("carvel", app))
