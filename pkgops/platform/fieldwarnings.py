"""An admission webhook that allows all objects and returns warnings about fields without effect."""

from __future__ import annotations

from functools import partial

from pkgops.kube import Obj
from pkgops.platform.fieldsupport import KindFields, fields_of, warnings
from pkgops.platform.webhooks import VALIDATING, WebhookServer, configuration, reviewed, webhook


def start(server: WebhookServer, group: str) -> None:
    """Serve and register the webhook of a group's kinds."""
    server.on(_path(group), partial(respond, group), required=False)
    server.register(partial(registrations, group))


def registrations(group: str, root: str, bundle: str) -> list[Obj]:
    """Return the group's ValidatingWebhookConfiguration, with ``failurePolicy: Ignore``."""
    name = f"{group}.fields.pkgops.dev"
    kinds = [kind for kind in fields_of(group).values() if kind.resource]
    rules = [_rule(kind) for kind in kinds if kind.with_verdict("warned")]
    entry = {**webhook(name, f"{root}{_path(group)}", bundle, {}), "rules": rules, "failurePolicy": "Ignore"}
    return [configuration(VALIDATING, name, group, [entry])]


def respond(group: str, review: Obj) -> Obj:
    """Return the AdmissionReview with the response to a request: allowed, with a warning for each field."""
    request = review["request"]
    return reviewed(request, warnings=warnings(group, request["object"]))


def _path(group: str) -> str:
    return f"/fields/{group}"


def _rule(kind: KindFields) -> Obj:
    group, _, version = kind.api_version.partition("/")
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "operations": ["CREATE", "UPDATE"],
        "resources": [kind.resource],
        "scope": "*",
    }
