"""The Kubernetes API by plain verbs on plain objects. No code here depends on a kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops.kube import kubeconfig
from pkgops.kube.reading import object_of
from pkgops.kube.retry import Deleted, Waiting
from pkgops.kube.transport import Received, Transport
from pkgops.kube.types import Obj
from pkgops.kube.writing import Writer

if TYPE_CHECKING:
    import threading
    from datetime import datetime

    from pkgops.kube.portforward import PortForward


def connect(
    path: Path | None = None,
    context: str | None = None,
    *,
    received: Received = lambda _: None,
    retry_seconds: float = 0.0,
    waiting: Waiting | None = None,
) -> Client:
    """Return a client for a context of a kubeconfig; nothing is sent yet.

    Args:
        path: the kubeconfig; None means the one that kubectl would read.
        context: the context's name; None means the file's own current context, which is right
            only for files that pkgops wrote itself.
        received: called with the number of bytes of every response's body, as they are read.
        retry_seconds: for how many seconds a request that failed with a temporary error is retried, where
            that is safe.
        waiting: called with such an error where retrying takes a while, by the thread that waits.
    """
    endpoint = kubeconfig.endpoint([path] if path else kubeconfig.default_paths(), context)
    return Client(Transport(endpoint, received=received)).retrying(retry_seconds, waiting)


class Client(Writer):
    """One cluster, one identity. Thread-safe; every call is one request."""

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
        """Return whether this identity may do something, by a SelfSubjectAccessReview."""
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
        return object_of(self.transport.json("GET", "/version"))

    def time(self) -> datetime | None:
        """Return the time by the API server's clock, to the second; None where its response has no Date."""
        from email.utils import parsedate_to_datetime

        answer = self.transport.stream("/version", read_seconds=10)
        date = answer.header("Date")
        answer.read()
        try:
            return parsedate_to_datetime(date)
        except ValueError:
            return None

    def ready(self) -> bool:
        """Return whether the API server reports to be ready. Raises Unreachable if it does not answer."""
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

    def retrying(
        self,
        seconds: float,
        waiting: Waiting | None = None,
        *,
        known: bool = False,
        deleted: Deleted | None = None,
    ) -> Client:
        """Return a client over the same connections that retries for so many seconds where that is safe.

        Args:
            seconds: for how long; the time that a request waited for its response counts.
            waiting: called with the temporary error where retrying takes a while.
            known: the server has answered other requests, so that the first one is retried as long as later
                ones.
            deleted: returns the error that ends the tries where the cluster does not exist any more.
        """
        transport = self.transport.retrying(seconds, waiting, known=known, deleted=deleted)
        return Client(transport, self.discovery.through(transport))

    def until(self, stop: threading.Event) -> Client:
        """Return a client over the same connections that sends nothing again once ``stop`` is set."""
        transport = self.transport.until(stop)
        return Client(transport, self.discovery.through(transport))
