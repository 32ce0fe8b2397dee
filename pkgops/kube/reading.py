"""Reading the objects of a cluster: get, list and watch."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from pkgops.kube.discovery import Discovery
from pkgops.kube.errors import Gone, NotFound
from pkgops.kube.transport import Transport
from pkgops.kube.types import Obj, ObjectList, Resource
from pkgops.kube.watch import Watch

PAGE = 2000
"""API servers return the first page from memory and each further one from etcd, which takes longer."""


class Reader:
    """The verbs that change nothing."""

    def __init__(self, transport: Transport, discovery: Discovery | None = None) -> None:
        self.transport = transport
        self.discovery = discovery or Discovery(transport)

    @property
    def name(self) -> str:
        """The context's name."""
        return self.transport.endpoint.name

    @property
    def server(self) -> str:
        """The API server's base URL."""
        return self.transport.endpoint.server

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Obj:
        """Return one object.

        Raises:
            NotFound: there is none, or the kind is not served.
        """
        path = self.resource(api_version, kind).path(namespace, name)
        return object_of(self.transport.json("GET", path))

    def find(self, api_version: str, kind: str, name: str, namespace: str = "") -> Obj | None:
        """Return one object, or None if it, or its kind, does not exist."""
        try:
            return self.get(api_version, kind, name, namespace)
        except NotFound:
            return None

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str = "",
        *,
        labels: str = "",
        fields: str = "",
        guess: bool = False,
    ) -> ObjectList:
        """Return all objects of a kind, of all namespaces where ``namespace`` is empty, page by page.

        With ``guess`` discovery is requested only if the kind is not served at the path guessed from its
        name, which is one request less for every group.
        """
        query = {**_selectors(labels, fields), "limit": str(PAGE)}
        if guess:
            likely = self.discovery.likely(api_version, kind, namespaced=bool(namespace))
            with contextlib.suppress(NotFound):
                return self._pages(likely, namespace, dict(query))
        return self._pages(self.resource(api_version, kind), namespace, query)

    def _pages(self, resource: Resource, namespace: str, query: dict[str, str]) -> ObjectList:
        path = resource.path(namespace)
        type_meta = {"apiVersion": resource.api_version, "kind": resource.kind}
        items: list[Obj] = []
        while True:
            try:
                answer = self.transport.json("GET", path, query=query)
            except Gone:
                if "continue" not in query:
                    raise
                # The resource version of the pages has expired: list everything at once, as it is now.
                items, query = [], {key: query[key] for key in query if key not in ("continue", "limit")}
                continue
            items += [{**item, **type_meta} for item in answer.get("items") or []]
            meta = answer.get("metadata", {})
            if not meta.get("continue"):
                return ObjectList(items, str(meta.get("resourceVersion", "")))
            query["continue"] = str(meta["continue"])

    def watch(
        self,
        api_version: str,
        kind: str,
        namespace: str = "",
        *,
        resource_version: str = "",
        labels: str = "",
        fields: str = "",
        stop: threading.Event | None = None,
    ) -> Watch:
        """Open a watch; close it from any thread with the result's ``close()``.

        Raises:
            Gone: the resource version is too old (also while iterating).
        """
        query = {**_selectors(labels, fields), "watch": "1", "allowWatchBookmarks": "true"}
        if resource_version:
            query["resourceVersion"] = resource_version
        path = self.resource(api_version, kind).path(namespace)
        return Watch(self.transport, path, query, stop)

    def resource(self, api_version: str, kind: str) -> Resource:
        """Return the Resource of a kind (its path and verbs).

        Raises:
            NotFound: it is not served.
        """
        return self.discovery.resource(api_version, kind)

    def serves(self, api_version: str, kind: str) -> bool:
        """Return whether the cluster serves a kind."""
        try:
            self.resource(api_version, kind)
        except NotFound:
            return False
        return True


def object_of(answer: Any) -> Obj:
    """Return a response that is an object."""
    return dict(answer)


def _selectors(labels: str, fields: str) -> dict[str, str]:
    query = {"labelSelector": labels, "fieldSelector": fields}
    return {key: value for key, value in query.items() if value}
