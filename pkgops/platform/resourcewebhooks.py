"""The two admission webhooks of Knative's library: defaulting and resource validation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pkgops.kube import Obj
from pkgops.platform import unknownfields
from pkgops.platform.fieldsupport import refusal, warnings
from pkgops.platform.webhooks import MUTATING, VALIDATING, WebhookServer, configuration, reviewed, webhook


class NotDecoded(ValueError):
    """An object cannot be decoded into its Go type; the text is Go's message."""


def _none(_: Obj) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class ResourceWebhooks:
    """The two webhooks of a group.

    Attributes:
        group: the API group.
        version: the version of their rules; objects of other versions are converted.
        resources: the plural names of the kinds.
        owner: the platform's package: the value of the label of the configurations, and the group of the
            ``fields.yaml`` that is enforced too.
        mutating: the name of the defaulting webhook.
        validating: the name of the validation webhook.
        defaults_path: the path of the first.
        validation_path: the path of the second.
        defaulted: returns an object with defaults, from the object, the old object and the user's name.
        problems: returns why an object is refused, from the object and the old object; empty if it is valid.
        own_warnings: returns the warnings of the real webhook.
    """

    group: str
    version: str
    resources: tuple[str, ...]
    owner: str
    mutating: str
    validating: str
    defaults_path: str
    validation_path: str
    defaulted: Callable[[Obj, Obj | None, str], Obj]
    problems: Callable[[Obj, Obj | None], list[str]]
    own_warnings: Callable[[Obj], list[str]] = _none

    def start(self, server: WebhookServer) -> None:
        """Serve the webhooks on the platform's webhook server and register them."""
        for path in (self.defaults_path, self.validation_path):
            server.on(path, partial(self.respond, path))
        server.register(self.registrations)

    def registrations(self, root: str, bundle: str) -> list[Obj]:
        """Return the two webhook configurations whose URLs start with ``root``."""
        mutating, validating = f"{root}{self.defaults_path}", f"{root}{self.validation_path}"
        return [
            self._registration(MUTATING, self.mutating, mutating, bundle),
            self._registration(VALIDATING, self.validating, validating, bundle),
        ]

    def _registration(self, kind: str, name: str, url: str, bundle: str) -> Obj:
        rule = {
            "apiGroups": [self.group],
            "apiVersions": [self.version],
            "operations": ["CREATE", "UPDATE"],
            "resources": list(self.resources),
            "scope": "*",
        }
        return configuration(kind, name, self.owner, [webhook(name, url, bundle, rule)])

    def respond(self, path: str, review: Obj) -> Obj:
        """Return the AdmissionReview with the response to a request, for a path of the server."""
        request: dict[str, Any] = review["request"]
        if path != self.defaults_path:
            obj = request["object"]
            texts = [
                *self.own_warnings(obj),
                *warnings(self.owner, obj),
                *unknownfields.warnings(self.owner, obj),
            ]
            return reviewed(request, refusal=self._refusal(request), warnings=texts)
        try:
            return reviewed(request, patch=self._patch(request))
        except NotDecoded as error:
            text = f"mutation failed: cannot decode incoming new object: {error}"
            return reviewed(request, refusal=_bad_request(text))

    def _patch(self, request: dict[str, Any]) -> list[Obj]:
        obj = request["object"]
        user = str(request["userInfo"].get("username", ""))
        defaulted = self.defaulted(obj, request.get("oldObject"), user)
        return [
            {"op": "add", "path": f"/{key}", "value": defaulted[key]}
            for key in ("metadata", "spec")
            if defaulted.get(key) != obj.get(key)
        ]

    def _refusal(self, request: dict[str, Any]) -> Obj | None:
        obj = request["object"]
        # The finalizers of an object that is being deleted must be removable though the object is not valid.
        if obj["metadata"].get("deletionTimestamp"):
            return None
        problems = [*self.problems(obj, request.get("oldObject")), *filter(None, [refusal(self.owner, obj)])]
        return _bad_request("validation failed: " + "\n".join(problems)) if problems else None


def _bad_request(message: str) -> Obj:
    return {"code": 400, "reason": "BadRequest", "message": message}
