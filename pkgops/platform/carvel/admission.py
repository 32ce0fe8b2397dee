"""Refusals of kapp-controller's API server of packages, answered as an admission webhook over https.

There, Package and PackageMetadata are served by an API server of their own, which checks what it takes; here
they are custom resources. Of its other kinds nothing is checked there but their definitions.
"""

from __future__ import annotations

from collections.abc import Iterator

from pkgops.kube import Obj
from pkgops.platform.carvel.fieldfaults import status
from pkgops.platform.carvel.objects import APP_API
from pkgops.platform.carvel.packagerules import package_faults
from pkgops.platform.crds import OWN_LABEL
from pkgops.platform.unknownfields import dropped, unknown_fields
from pkgops.platform.webhooks import WebhookServer, reviewed, webhook

NAME = "packaging-api.carvel.dev"
"""Named like the Service that the API server of packages is behind."""

PATH = "/packages"
REGISTRATION, CONFIGURATION_KIND = "admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration"


def start(server: WebhookServer) -> None:
    """Refuse packages as that server does."""
    server.on(PATH, answer)
    server.register(registrations)


def registrations(root: str, bundle: str) -> list[Obj]:
    """Return the webhook configuration that points to ``root``."""
    rule = {
        "apiGroups": ["data.packaging.carvel.dev"],
        "apiVersions": ["v1alpha1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["packages", "packagemetadatas"],
        "scope": "Namespaced",
    }
    meta = {"name": NAME, "labels": {OWN_LABEL: "carvel"}}
    webhooks = [webhook(NAME, f"{root}{PATH}", bundle, rule)]
    return [{"apiVersion": REGISTRATION, "kind": CONFIGURATION_KIND, "metadata": meta, "webhooks": webhooks}]


def answer(review: Obj) -> Obj:
    """Return the AdmissionReview that answers one."""
    request = review["request"]
    obj = request["object"]
    # What is being deleted has to lose its finalizers, whatever else is wrong with it.
    faults = [] if obj["metadata"].get("deletionTimestamp") else package_faults(obj)
    refusal = status(str(obj["metadata"].get("name") or ""), faults) if faults else None
    return reviewed(request, refusal=refusal, warnings=list(dropped(_unknown(obj))))


def _unknown(obj: Obj) -> Iterator[str]:
    """Yield the fields of a package's App that an App does not have: the API server drops them later."""
    template = (obj.get("spec") or {}).get("template") or {}
    app = {"apiVersion": APP_API, "kind": "App", "spec": template.get("spec") or {}}
    return (f"spec.template.{path}" for path in unknown_fields("carvel", app))
