"""The Kubernetes API by plain verbs on plain objects. Knows no kind."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pkgops.kube import kubeconfig
from pkgops.kube.discovery import Discovery
from pkgops.kube.errors import NotFound
from pkgops.kube.retry import Waiting
from pkgops.kube.transport import Received, Transport
from pkgops.kube.types import Obj, ObjectList, Resource
from pkgops.kube.watch import Watch

if TYPE_CHECKING:
    from datetime import datetime

    from pkgops.kube.portforward import PortForward

PatchType = Literal["merge", "json", "strategic"]
PAGE = 2000
"""API servers answer the first page from memory and each further one from etcd, which takes longer."""

_PATCH_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


def connect(
    path: Path | None = None,
    context: str | None = None,
    *,
    received: Received = lambda _: None,
    patience: float = 0.0,
    waiting: Waiting | None = None,
) -> Client:
    """Return a client for a context of a kubeconfig; nothing is sent yet.

    Args:
        path: the kubeconfig; None means the one that kubectl would read.
        context: the context's name; None means the file's own current context, which is right
            only for files that pkgops wrote itself.
        received: is told the bytes of every answer's body as they are read.
        patience: the seconds for which a temporary error is tried again, where that is safe.
        waiting: is told such an error where that takes a while, by whatever thread waits.
    """
    endpoint = kubeconfig.endpoint([path] if path else kubeconfig.default_paths(), context)
    return Client(Transport(endpoint, received=received)).patient(patience, waiting)


class Client:
    """One cluster, one identity. Thread-safe; every call is one request."""

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

    # -- reading

    def get(self, api_version: str, kind: str, name: str, namespace: str = "") -> Obj:
        """Return one object.

        Raises:
            NotFound: there is none, or the kind is not served.
        """
        path = self.resource(api_version, kind).path(namespace, name)
        return _object(self.transport.json("GET", path))

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

        With ``guess`` the server is asked where the kind is served only if it is not where its name
        suggests, which is one request less for every group.
        """
        query = {**_selectors(labels, fields), "limit": str(PAGE)}
        if guess:
            likely = self.discovery.likely(api_version, kind, namespaced=bool(namespace))
            with contextlib.suppress(NotFound):
                return self._pages(likely, namespace, dict(query))
        return self._pages(self.resource(api_version, kind), namespace, query)

    def _pages(self, resource: Resource, namespace: str, query: dict[str, str]) -> ObjectList:
        path = resource.path(namespace)
        said = {"apiVersion": resource.api_version, "kind": resource.kind}
        items: list[Obj] = []
        while True:
            answer = self.transport.json("GET", path, query=query)
            items += [{**item, **said} for item in answer.get("items") or []]
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

    # -- writing

    def create(self, obj: Obj, *, dry_run: bool = False, manager: str = "") -> Obj:
        """Create an object; ``manager`` is the name under which the server records its fields.

        Raises:
            AlreadyExists: one of that name is there.
        """
        path = self._resource_of(obj).path(_namespace(obj))
        query = {**_dry_run(dry_run), **_field_manager(manager)}
        return _object(self.transport.json("POST", path, query=query, body=obj))

    def update(self, obj: Obj) -> Obj:
        """Replace an object.

        Raises:
            Conflict: it changed since it was read.
        """
        return _object(self.transport.json("PUT", self._path_of(obj), body=obj))

    def update_status(self, obj: Obj) -> Obj:
        """Replace an object's status subresource.

        Raises:
            Conflict: the object changed since it was read.
        """
        return _object(self.transport.json("PUT", self._path_of(obj, "status"), body=obj))

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str,
        patch: Obj | list[Any],  # type: ignore[valid-type]
        *,
        type: PatchType = "merge",
        subresource: str = "",
        manager: str = "",
    ) -> Obj:
        """Patch an object, or a subresource of it; ``manager`` as in :meth:`create`."""
        path = self.resource(api_version, kind).path(namespace, name, subresource)
        query = _field_manager(manager)
        answer = self.transport.json("PATCH", path, query=query, body=patch, content_type=_PATCH_TYPES[type])
        return _object(answer)

    def apply(self, obj: Obj, *, manager: str = "pkgops", force: bool = True, dry_run: bool = False) -> Obj:
        """Apply an object on the server's side.

        Raises:
            Conflict: another manager owns a field, and ``force`` is false.
        """
        query = {"fieldManager": manager, "force": str(force).lower(), **_dry_run(dry_run)}
        answer = self.transport.json(
            "PATCH", self._path_of(obj), query=query, body=obj, content_type="application/apply-patch+yaml"
        )
        return _object(answer)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "Background",
        uid: str = "",
        grace: int | None = None,
    ) -> bool:
        """Ask for an object's deletion; False if it, or its kind, was not there.

        Args:
            api_version: for example ``apps/v1``.
            kind: for example ``Deployment``.
            name: the object's name.
            namespace: empty for cluster-scoped kinds.
            propagation: Background, Foreground or Orphan.
            uid: delete only the object with this uid; a Conflict is raised for another one.
            grace: seconds that a pod gets to end; None leaves it to the pod, 0 waits for no kubelet.
        """
        body: Obj = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            self.transport.json("DELETE", self.resource(api_version, kind).path(namespace, name), body=body)
        except NotFound:
            return False
        return True

    # -- more

    def resource(self, api_version: str, kind: str) -> Resource:
        """Return where a kind is served.

        Raises:
            NotFound: it is not.
        """
        return self.discovery.resource(api_version, kind)

    def serves(self, api_version: str, kind: str) -> bool:
        """Tell whether the cluster serves a kind."""
        try:
            self.resource(api_version, kind)
        except NotFound:
            return False
        return True

    def logs(
        self,
        namespace: str,
        pod: str,
        container: str,
        *,
        follow: bool = False,
        previous: bool = False,
        tail: int | None = None,
        timestamps: bool = False,
    ) -> Iterator[str]:
        """Yield the lines of a container's log, without line ends."""
        query = {"container": container}
        flags = {"follow": follow, "previous": previous, "timestamps": timestamps}
        query |= {key: "true" for key, value in flags.items() if value}
        if tail is not None:
            query["tailLines"] = str(tail)
        path = self.resource("v1", "Pod").path(namespace, pod, "log")
        answer = self.transport.stream(path, query=query, read_seconds=None if follow else 60)
        try:
            for line in self.transport.lines(answer):
                yield line.decode(errors="replace").rstrip("\n")
        finally:
            answer.close()

    def may(
        self, verb: str, group: str, resource: str, namespace: str = "", name: str = "", subresource: str = ""
    ) -> bool:
        """Ask the API server whether this identity may do something (SelfSubjectAccessReview)."""
        attributes = {
            "verb": verb,
            "group": group,
            "resource": resource,
            "namespace": namespace,
            "name": name,
            "subresource": subresource,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        return bool(self.create(review).get("status", {}).get("allowed"))

    def version(self) -> Obj:
        """Return the API server's version document."""
        return _object(self.transport.json("GET", "/version"))

    def time(self) -> datetime | None:
        """Return the time by the API server's clock, to the second; None where it tells none."""
        from email.utils import parsedate_to_datetime

        answer = self.transport.stream("/version", read_seconds=10)
        said = answer.header("Date")
        answer.read()
        try:
            return parsedate_to_datetime(said)
        except ValueError:
            return None

    def ready(self) -> bool:
        """Tell whether the API server says that it is ready. Raises Unreachable if it says nothing."""
        answer = self.transport.stream("/readyz", read_seconds=10)
        return bool(answer.read() == b"ok")

    def port_forward(self, namespace: str, pod: str, port: int, *, local_port: int = 0) -> PortForward:
        """Forward a loopback port to a pod's port; a context manager that yields the local port."""
        from pkgops.kube.portforward import PortForward

        path = self.resource("v1", "Pod").path(namespace, pod, "portforward")
        return PortForward(self.transport, path, port, local_port)

    def as_service_account(self, namespace: str, name: str) -> Client:
        """Return a client that acts as a service account (by impersonation)."""
        user = f"system:serviceaccount:{namespace}:{name}"
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}", "system:authenticated")
        return Client(self.transport.impersonating(user, groups), self.discovery)

    def patient(self, seconds: float, waiting: Waiting | None = None) -> Client:
        """Return a client over the same connections that tries again for so long where that is safe."""
        return Client(self.transport.patient(seconds, waiting), self.discovery)

    def _resource_of(self, obj: Obj) -> Resource:
        return self.resource(str(obj["apiVersion"]), str(obj["kind"]))

    def _path_of(self, obj: Obj, subresource: str = "") -> str:
        return self._resource_of(obj).path(_namespace(obj), str(obj["metadata"]["name"]), subresource)


def _object(answer: Any) -> Obj:
    return dict(answer)


def _namespace(obj: Obj) -> str:
    return str(obj.get("metadata", {}).get("namespace") or "")


def _selectors(labels: str, fields: str) -> dict[str, str]:
    query = {"labelSelector": labels, "fieldSelector": fields}
    return {key: value for key, value in query.items() if value}


def _dry_run(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _field_manager(manager: str) -> dict[str, str]:
    return {"fieldManager": manager} if manager else {}
