"""The gateway: forwards requests to ``http://<service>.<namespace>.localhost:<port>`` to a ready pod."""

from __future__ import annotations

import itertools
import logging
import socket
import threading
from http.server import ThreadingHTTPServer

from pkgops.kube import Obj
from pkgops.platform.conditions import condition_status
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative import loopback, workload
from pkgops.platform.knative.forwarding import Target, handler
from pkgops.platform.knative.route import host_of
from pkgops.platform.runtime import Platform

log = logging.getLogger(__name__)


def host_parts(host: str) -> tuple[str, str] | None:
    """Return service and namespace of a host name, None for other host names."""
    name = host.rpartition(":")[0] if ":" in host else host
    for suffix in (".localhost", ".svc.cluster.local"):
        parts = name.removesuffix(suffix).split(".")
        if name.endswith(suffix) and len(parts) == 2 and all(parts):
            return parts[0], parts[1]
    return None


def weighted_revisions(traffic: list[Obj]) -> list[str]:
    """Return the names of Revisions, each as often as its percentage, for a weighted round robin."""
    return [str(item["revisionName"]) for item in traffic for _ in range(int(item.get("percent") or 0))] or [
        str(item["revisionName"]) for item in traffic
    ]


class Gateway:
    """Listens for requests and forwards them to pods.

    Args:
        platform: reads Routes, Revisions and pods.
        port: the port to listen on, on the machine's loopback and on the platform's address.
    """

    def __init__(self, platform: Platform, port: int) -> None:
        self._platform = platform
        self._port = port
        self._round_robin = itertools.count()

    def start(self) -> int:
        """Listen until the platform stops; return the port on the machine's loopback, 0 on failure."""
        try:
            local = loopback.listen(self._port)
        except OSError as error:
            log.warning("no gateway on the loopback: %s", error)
            return 0
        port = int(local.getsockname()[1])
        self._serve(local)
        address = self._platform.config.address
        if address != "127.0.0.1":
            self._serve_on(address, port)
        return port

    def _serve_on(self, address: str, port: int) -> None:
        try:
            self._serve(socket.create_server((address, port)))
        except OSError as error:
            log.warning("no gateway on %s:%s: %s", address, port, error)

    def _serve(self, listener: socket.socket) -> None:
        server = ThreadingHTTPServer(("", 0), handler(self.target), bind_and_activate=False)
        server.socket.close()
        server.socket = listener
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="gateway", daemon=True).start()
        self._platform.on_stop(server.shutdown)

    def target(self, host: str) -> Target | str:
        """Return the pod for a request to a host, or the text of the error response."""
        parts = host_parts(host)
        match = self._route(*parts) if parts else None
        if match is None:
            return f"no service answers for {host}"
        route, traffic = match
        if kn.is_cluster_local(route):
            return f"no service answers for {host} from outside the cluster: it is {kn.CLUSTER_LOCAL}"
        if not traffic:
            return f"{host} has no ready revision"
        revisions = weighted_revisions(traffic)
        name = revisions[next(self._round_robin) % len(revisions)]
        return self._pod(name, str(route["metadata"]["namespace"])) or f"revision {name} has no ready pod"

    def _route(self, name: str, namespace: str) -> tuple[Obj, list[Obj]] | None:
        """Return the Route of a host name and its traffic targets: all of them, or that of a tag."""
        route = self._platform.get(kn.API, "Route", name, namespace)
        if route is not None:
            return route, _traffic(route)
        for tagged in self._platform.list(kn.API, "Route", namespace):
            for item in _traffic(tagged):
                if item.get("tag") and host_of(tagged, str(item["tag"])) == name:
                    return tagged, [item]
        return None

    def _pod(self, name: str, namespace: str) -> Target | None:
        revision = self._platform.get(kn.API, "Revision", name, namespace)
        pods = self._platform.list("v1", "Pod", namespace, {kn.REVISION: name})
        ready = [pod for pod in pods if is_ready_pod(pod)]
        if revision is None or not ready:
            return None
        pod = ready[next(self._round_robin) % len(ready)]
        return Target(str(pod["status"]["podIP"]), workload.user_port(revision["spec"]))


def _traffic(route: Obj) -> list[Obj]:
    return list((route.get("status") or {}).get("traffic") or [])


def is_ready_pod(pod: Obj) -> bool:
    """Return whether a pod is ready for requests."""
    address = (pod.get("status") or {}).get("podIP")
    return condition_status(pod) == "True" and bool(address) and not pod["metadata"].get("deletionTimestamp")
