"""One request to the API server in memory, and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlparse

from memory_objects import Obj, Refused, Served

if TYPE_CHECKING:
    from memory_api import MemoryApi


class Call:
    """One request: who asks for what."""

    def __init__(
        self, api: MemoryApi, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> None:
        url = urlparse(target)
        self.body: Any = json.loads(body) if body else None
        token = (headers.get("Authorization") or "").removeprefix("Bearer ")
        self.user = headers.get("Impersonate-User") or token or "admin"
        self.api, self.method, self.content_type = api, method, headers.get("Content-Type") or ""
        self.query = {key: values[0] for key, values in parse_qs(url.query).items()}
        self.target, self.path = target, url.path
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        cut = 2 if parts[0] == "api" else 3
        self.api_version, rest = "/".join(parts[1:cut]), parts[cut:]
        self.namespace = ""
        if len(rest) > 2 and rest[0] == "namespaces" and rest[2] not in ("status", "finalize"):
            self.namespace, rest = rest[1], rest[2:]
        self.plural, self.name, self.subresource = (*rest, "", "", "")[:3]

    @property
    def dry_run(self) -> bool:
        return self.query.get("dryRun") == "All"

    @property
    def verb(self) -> str:
        if self.method == "GET":
            return "get" if self.name else "watch" if self.query.get("watch") in ("1", "true") else "list"
        return {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}[self.method]

    def kind(self) -> Served:
        for served in self.api.served:
            if (served.api_version, served.plural) == (self.api_version, self.plural):
                return served
        raise Refused(404, "NotFound", "the server could not find the requested resource")

    def authorized(self, served: Served, verb: str = "") -> None:
        """Refuse who may not; ``verb`` is another one than the request's own."""
        verb = verb or self.verb
        resource = f"{self.plural}/{self.subresource}" if self.subresource else self.plural
        # To a real server a namespace is in itself, so that a binding there gives the right to look at it.
        within = self.name if self.plural == "namespaces" else self.namespace
        right = (verb, served.group, resource, within)
        self.api.used.setdefault(self.user, set()).add(right)
        if not self.api.may(self.user, *right):
            place = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
            name = f'"{self.name}" ' if self.name else ""
            raise Refused(
                403,
                "Forbidden",
                f'{served.resource} {name}is forbidden: User "{self.user}" cannot {verb} resource '
                f'"{resource}" in API group "{served.group}" {place}',
            )

    def body_of(self, answer: Any) -> bytes:
        """Return the text of an answer; objects that are held are written once."""
        if isinstance(answer.get("items"), list):
            items = ", ".join(map(self.api.objects.text, answer["items"]))
            head = json.dumps({key: value for key, value in answer.items() if key != "items"})
            return f'{head[:-1]}, "items": [{items}]}}'.encode()
        held = "resourceVersion" in answer.get("metadata", ()) and not self.dry_run
        return (self.api.objects.text(answer) if held else json.dumps(answer)).encode()

    def answer(self) -> Any:
        """Return the answer's document, to be written and not to be changed. Raises Refused."""
        if self.plural == "" and self.method == "GET":
            return self._discovery()
        if self.plural in ("selfsubjectaccessreviews", "selfsubjectreviews"):
            return self._review()
        served = self.kind()
        self.authorized(served)
        objects, key = self.api.objects, (self.namespace, self.name)
        manager = self.query.get("fieldManager") or "unknown"
        if self.verb == "get":
            return objects.one_held(served, *key)
        if self.verb == "list":
            return self._page(served)
        if self.verb == "create":
            self.body.setdefault("metadata", {})
            if served.namespaced:
                self.body["metadata"]["namespace"] = self.namespace
            return objects.create(served, self.body, manager, dry_run=self.dry_run)
        if self.verb == "update":
            return objects.update(served, self.body, manager, status=self.subresource == "status")
        if self.verb == "delete":
            options = self.body or {}
            uid = (options.get("preconditions") or {}).get("uid", "")
            orphan = options.get("propagationPolicy") == "Orphan"
            return objects.delete(served, key, uid=uid, orphan=orphan, dry_run=self.dry_run)
        return self._patched(served, manager)

    def _patched(self, served: Served, manager: str) -> Obj:
        objects, status = self.api.objects, self.subresource == "status"
        if self.content_type == "application/apply-patch+yaml":
            if not objects.holds(served, (self.namespace, self.name)):
                self.authorized(served, "create")
            force = self.query.get("force") == "true"
            return objects.apply(served, self.body, manager, force=force, dry_run=self.dry_run, status=status)
        if self.content_type == "application/merge-patch+json":
            key = (self.namespace, self.name)
            return objects.merge(served, key, self.body, manager, status=status, dry_run=self.dry_run)
        raise Refused(415, "UnsupportedMediaType", f"this server takes no {self.content_type}")

    def _page(self, served: Served) -> Obj:
        found = [obj for obj in self.api.objects.held(served, self.namespace) if self.selects(obj)]
        version, _, start = self.query.get("continue", f"{self.api.objects.version}:0").partition(":")
        if int(version) < self.api.objects.oldest:
            raise Refused(410, "Expired", "The provided continue parameter is too old")
        begin, limit = int(start), int(self.query.get("limit") or 500)
        meta = {"resourceVersion": version}
        if begin + limit < len(found):
            meta["continue"] = f"{version}:{begin + limit}"
        items = found[begin : begin + limit]
        return {
            "apiVersion": served.api_version,
            "kind": f"{served.kind}List",
            "metadata": meta,
            "items": items,
        }

    def selects(self, obj: Obj) -> bool:
        """Tell whether an object is one that the selectors ask for."""
        labels = obj["metadata"].get("labels") or {}
        for term in filter(None, self.query.get("labelSelector", "").split(",")):
            key, equals, value = term.replace("==", "=").partition("=")
            if (labels.get(key) != value) if equals else (key not in labels):
                return False
        for term in filter(None, self.query.get("fieldSelector", "").split(",")):
            key, _, value = term.partition("=")
            found: Any = obj
            for step in key.split("."):
                found = (found or {}).get(step)
            if str(found or "") != value:
                return False
        return True

    def _discovery(self) -> Obj:
        if self.path == "/version":
            return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
        if self.path in ("/api", "/apis"):
            versions = sorted({found.api_version for found in self.api.served})
            groups = [
                {"name": v.partition("/")[0], "versions": [{"groupVersion": v}]} for v in versions if "/" in v
            ]
            return {"versions": ["v1"]} if self.path == "/api" else {"groups": groups}
        found = [served for served in self.api.served if served.api_version == self.api_version]
        if not found:
            raise Refused(404, "NotFound", "the server could not find the requested resource")
        verbs = ["create", "delete", "get", "list", "patch", "update", "watch"]
        listed: list[Obj] = []
        for served in found:
            entry = {
                "name": served.plural,
                "kind": served.kind,
                "namespaced": served.namespaced,
                "verbs": verbs,
            }
            listed += [entry, entry | {"name": f"{served.plural}/status"}] if served.status else [entry]
        return {"kind": "APIResourceList", "groupVersion": self.api_version, "resources": listed}

    def _review(self) -> Obj:
        if self.plural == "selfsubjectreviews":
            return self.body | {
                "status": {"userInfo": {"username": self.user, "groups": ["system:authenticated"]}}
            }
        asked = self.body["spec"]["resourceAttributes"]
        resource = "/".join(filter(None, (asked["resource"], asked.get("subresource"))))
        group, space = asked.get("group", ""), asked.get("namespace", "")
        allowed = self.api.may(self.user, asked["verb"], group, resource, space)
        return self.body | {"status": {"allowed": allowed}}
