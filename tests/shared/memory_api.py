"""An API server in memory over plain HTTP, for tests: discovery, lists, watches, writes, RBAC, logs.

What it does not do it refuses (JSON and strategic patches: 415), so that no test takes silence for an answer.
"""

from __future__ import annotations

import json
import queue
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import memory_direct
import memory_forward
from memory_calls import Call
from memory_objects import BROKEN, Obj, Objects, Refused, Served
from memory_restarts import HungUp, Restarts

from pkgops.kube import discovery

BUILT_IN = (
    Served("v1", "Namespace", "namespaces", namespaced=False),
    Served("v1", "Pod", "pods"),
    Served("v1", "Service", "services"),
    Served("v1", "Event", "events", status=False),
    *(
        Served("v1", kind, f"{kind.lower()}s", status=False)
        for kind in ("ConfigMap", "Secret", "ServiceAccount")
    ),
    Served("apps/v1", "Deployment", "deployments"),
    Served("coordination.k8s.io/v1", "Lease", "leases", status=False),
    Served(
        "authorization.k8s.io/v1",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
        namespaced=False,
        status=False,
    ),
    Served(
        "authentication.k8s.io/v1", "SelfSubjectReview", "selfsubjectreviews", namespaced=False, status=False
    ),
    *(
        Served("rbac.authorization.k8s.io/v1", kind, f"{kind.lower()}s", "Cluster" not in kind, status=False)
        for kind in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")
    ),
)


@dataclass
class Fault:
    """An answer given instead of the true one, so many times."""

    method: str
    part: str
    refused: Refused
    times: int


@dataclass
class Rule:
    """What a user may do; ``*`` is everything, an empty namespace is the cluster's scope."""

    user: str
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    namespaces: tuple[str, ...] = ("*",)
    groups: tuple[str, ...] = ("*",)

    def allows(self, user: str, verb: str, group: str, resource: str, namespace: str) -> bool:
        return (
            user == self.user
            and bool({group, "*"} & set(self.groups))
            and bool({verb, "*"} & set(self.verbs))
            and bool({resource, "*"} & set(self.resources))
            and bool({namespace, "*"} & set(self.namespaces))
        )


@dataclass
class MemoryApi:
    """The server. A user for whom no rule was given is an administrator.

    ``serving`` has the loopback address that each pod leads to, by namespace and name.
    """

    objects: Objects = field(default_factory=Objects)
    rules: list[Rule] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    logs: dict[tuple[str, str, str], str] = field(default_factory=dict)
    serving: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    used: dict[str, set[tuple[str, str, str, str]]] = field(default_factory=dict)
    """Verb, group, resource and namespace of what each user asked for."""
    served: list[Served] = field(default_factory=lambda: list(BUILT_IN))
    ahead: float = 0.0
    """Seconds by which the clock of the server is ahead of this machine's."""
    restarts: Restarts = field(default_factory=Restarts)

    def __post_init__(self) -> None:
        self._server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        """Where it listens, from when it is asked for."""
        if self._server is None:
            self._server = _Server(("127.0.0.1", 0), _handler(self))
            self._server.daemon_threads = True
            threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
            memory_direct.attach(self._address(), self)
        return self._address()

    def _address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.objects.drop_watches()
        if self._server is not None:
            memory_direct.detach(self._address())
            self._server.shutdown()
            self._server.server_close()

    def check(self, call: Call) -> None:
        """Take note of a call. Raises Refused for one that comes while the server starts, or is to fail."""
        self.requests.append((call.method, call.target))
        self.restarts.check()
        for fault in self.faults:
            if fault.times and fault.method == call.method and fault.part in call.path:
                fault.times -= 1
                raise fault.refused

    def serve(self, *kinds: tuple[str, str], namespaced: bool = True) -> None:
        """Serve more kinds, as definitions of them would make a real server do."""
        known = {(found.api_version, found.kind) for found in self.served}
        for api_version, kind in kinds:
            if (api_version, kind) not in known:
                self.served.append(Served(api_version, kind, discovery.plural(kind), namespaced))

    def stop_serving(self, api_version: str, kind: str) -> None:
        """Serve a kind no more."""
        self.served = [
            found for found in self.served if (found.api_version, found.kind) != (api_version, kind)
        ]

    def of(self, api_version: str, kind: str) -> Served:
        """Return where a kind is served."""
        return next(found for found in self.served if (found.api_version, found.kind) == (api_version, kind))

    def put(self, *objects: Obj) -> None:
        """Put objects as they are; their kinds are served and their namespaces exist from then on."""
        for obj in objects:
            space = obj["metadata"].get("namespace", "")
            self.serve((obj["apiVersion"], obj["kind"]), namespaced=bool(space))
            if space:
                self.namespaces(space)
            self.objects.write(self.of(obj["apiVersion"], obj["kind"]), obj)

    def namespaces(self, *names: str) -> None:
        """Make sure that namespaces exist."""
        for name in names:
            if not any(obj["metadata"]["name"] == name for obj in self.objects.held(BUILT_IN[0])):
                self.objects.create(BUILT_IN[0], {"metadata": {"name": name}})

    def play(self, lines: Iterable[Obj]) -> None:
        """Do what a recording tells, line by line."""
        for line in lines:
            obj = line["object"]
            if line["type"] != "DELETED":
                self.put(obj)
                continue
            served, meta = self.of(obj["apiVersion"], obj["kind"]), obj["metadata"]
            key = (meta.get("namespace", ""), meta["name"])
            if any(found == key for kind, found, _ in self.objects.everything() if kind == served):
                self.objects.drop(served, key, orphan=True)

    def fail(self, method: str, part: str, code: int, reason: str, message: str, times: int = 1) -> None:
        """Answer requests whose path contains a part with an error, so many times."""
        self.faults.append(Fault(method, part, Refused(code, reason, message), times))

    def allow(self, user: str, verbs: tuple[str, ...], resources: tuple[str, ...], *namespaces: str) -> None:
        """Give a user rights; from the first rule on it has no others."""
        self.rules.append(Rule(user, verbs, resources, namespaces or ("*",)))

    def bind(self, user: str, rules: Iterable[Obj], *namespaces: str) -> None:
        """Give a user the rules of a role in some namespaces, as bindings in these would."""
        for rule in rules:
            groups = tuple(rule["apiGroups"])
            self.rules.append(Rule(user, tuple(rule["verbs"]), tuple(rule["resources"]), namespaces, groups))

    def may(self, user: str, verb: str, group: str, resource: str, namespace: str) -> bool:
        """Tell whether a user may do something."""
        own = [rule for rule in self.rules if rule.user == user]
        return not own or any(rule.allows(user, verb, group, resource, namespace) for rule in own)

    def kubeconfig(self, path: Path, user: str = "admin", context: str = "memory") -> Path:
        """Write a kubeconfig whose current context is this server, as a user."""
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": context,
                    "clusters": [{"name": context, "cluster": {"server": self.url}}],
                    "users": [{"name": user, "user": {"token": user}}],
                    "contexts": [{"name": context, "context": {"cluster": context, "user": user}}],
                }
            )
        )
        path.chmod(0o600)
        return path


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that left: what a command prints is told from all that is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler(api: MemoryApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head
        wbufsize = -1  # head and body of an answer leave together

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length) if length else None
            call = Call(api, self.command, self.path, self.headers, body)
            try:
                api.check(call)
                if call.path == "/readyz":
                    self._send(200, b"ok", "text/plain")
                elif call.subresource == "log":
                    self._log(call)
                elif call.subresource == "portforward":
                    call.authorized(call.kind())
                    api.objects.get(call.kind(), call.namespace, call.name)
                    port = int(call.query["ports"])
                    memory_forward.serve(self, port, api.serving.get((call.namespace, call.name)))
                elif call.method == "GET" and call.plural and call.verb == "watch":
                    self._watch(call)
                else:
                    answer = api.restarts.answer(api, call)
                    self._send(201 if call.method == "POST" else 200, call.body_of(answer))
            except HungUp:
                self.close_connection = True
            except KeyError as error:
                # A client must not take a fault of this server for a connection that broke.
                self._send(500, json.dumps(Refused(500, "InternalError", repr(error)).status()).encode())
                raise
            except Refused as refused:
                body = json.dumps(refused.status()).encode()
                self._send(refused.code, body, retry_after=refused.retry_after)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the base class's names

        def _log(self, call: Call) -> None:
            call.authorized(call.kind())
            text = api.logs.get((call.namespace, call.name, call.query.get("container", "")))
            if text is None:
                raise Refused(400, "BadRequest", f"container {call.query.get('container')} has no log")
            stamp = "2026-11-28T22:41:11.000000000Z " if call.query.get("timestamps") == "true" else ""
            lines = [stamp + line for line in text.splitlines(keepends=True)]
            tail = int(call.query.get("tailLines") or len(lines))
            self._send(200, "".join(lines[max(0, len(lines) - tail) :]).encode(), "text/plain")

        def _watch(self, call: Call) -> None:
            served = call.kind()
            call.authorized(served)
            since = int(call.query.get("resourceVersion") or 0)
            watched: queue.Queue[tuple[str, Obj] | None]
            try:
                watched = api.objects.watch(served, since)
            except Refused as refused:
                self._send(200, json.dumps({"type": "ERROR", "object": refused.status()}).encode() + b"\n")
                return
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while (event := watched.get()) is not None:
                    if event == BROKEN:
                        self.close_connection = True
                        return
                    type_, obj = event
                    if call.namespace in ("", obj["metadata"].get("namespace")) and call.selects(obj):
                        text = f'{{"type": "{type_}", "object": {api.objects.text(obj)}}}\n'
                        self._chunk(text.encode())
                self._chunk(b"")
            except OSError:
                self.close_connection = True

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def _send(
            self, status: int, data: bytes, kind: str = "application/json", retry_after: str = ""
        ) -> None:
            self.send_response(status)
            if retry_after:
                self.send_header("Retry-After", retry_after)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            self.wfile.flush()

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((timestamp or time.time()) + api.ahead)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
