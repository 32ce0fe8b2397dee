"""The two admission webhooks that Knative's library gives a group: defaults first, then refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from pkgops.kube import Obj
from pkgops.platform import unknownfields
from pkgops.platform.crds import OWN_LABEL
from pkgops.platform.fieldledger import refusal, warnings
from pkgops.platform.webhooks import WebhookServer, reviewed, webhook

REGISTRATION = "admissionregistration.k8s.io/v1"


class NotDecoded(ValueError):
    """A field's value is none of its type; raised while defaults are filled in, with Go's words."""


def _none(_: Obj) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class ResourceWebhooks:
    """What a group's webhooks are called and do.

    Attributes:
        group: the API group.
        version: the version that they are asked about; requests in others are converted.
        resources: the plural names of the kinds.
        owner: the platform's package, which marks what is registered; its list of fields is held here too.
        mutating: the name of the webhook for defaults.
        validating: the name of the one that refuses.
        defaults_path: where the first answers.
        validation_path: where the second answers.
        defaulted: returns an object with defaults, given the one before and the user's name.
        problems: returns why an object is refused, given the one before; empty if it is not.
        advice: returns what the real webhook warns of.
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
    advice: Callable[[Obj], list[str]] = _none

    def start(self, server: WebhookServer) -> None:
        """Add the answers and registrations to the platform's webhook server."""
        for path in (self.defaults_path, self.validation_path):
            server.on(path, partial(self.answer, path))
        server.register(self.registrations)

    def registrations(self, root: str, bundle: str) -> list[Obj]:
        """Return the two webhook configurations that point to ``root``."""
        mutating, validating = f"{root}{self.defaults_path}", f"{root}{self.validation_path}"
        return [
            self._registration("MutatingWebhookConfiguration", self.mutating, mutating, bundle),
            self._registration("ValidatingWebhookConfiguration", self.validating, validating, bundle),
        ]

    def _registration(self, kind: str, name: str, url: str, bundle: str) -> Obj:
        rule = {
            "apiGroups": [self.group],
            "apiVersions": [self.version],
            "operations": ["CREATE", "UPDATE"],
            "resources": list(self.resources),
            "scope": "*",
        }
        meta = {"name": name, "labels": {OWN_LABEL: self.owner}}
        webhooks = [webhook(name, url, bundle, rule)]
        return {"apiVersion": REGISTRATION, "kind": kind, "metadata": meta, "webhooks": webhooks}

    def answer(self, path: str, review: Obj) -> Obj:
        """Return the AdmissionReview that answers one, for a path of the server."""
        request: dict[str, Any] = review["request"]
        if path != self.defaults_path:
            obj = request["object"]
            told = [*self.advice(obj), *warnings(self.owner, obj), *unknownfields.told(self.owner, obj)]
            return reviewed(request, refusal=self._refusal(request), warnings=told)
        try:
            return reviewed(request, patch=self._patch(request))
        except NotDecoded as error:
            text = f"mutation failed: cannot decode incoming new object: {error}"
            return reviewed(request, refusal=_bad_request(text))

    def _patch(self, request: dict[str, Any]) -> list[Obj]:
        obj = request["object"]
        user = str(request["userInfo"].get("username", ""))
        wanted = self.defaulted(obj, request.get("oldObject"), user)
        return [
            {"op": "add", "path": f"/{key}", "value": wanted[key]}
            for key in ("metadata", "spec")
            if wanted.get(key) != obj.get(key)
        ]

    def _refusal(self, request: dict[str, Any]) -> Obj | None:
        obj = request["object"]
        # What is being deleted has to lose its finalizers, whatever else is wrong with it.
        if obj["metadata"].get("deletionTimestamp"):
            return None
        found = [*self.problems(obj, request.get("oldObject")), *filter(None, [refusal(self.owner, obj)])]
        return _bad_request("validation failed: " + "\n".join(found)) if found else None


def _bad_request(message: str) -> Obj:
    return {"code": 400, "reason": "BadRequest", "message": message}
