"""A hand-written API server: one kind (ConfigMap by default), lists, watches, writes, faults on demand."""

from __future__ import annotations

import json
import queue
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlparse

Obj = dict[str, Any]
COLLECTION = "/api/v1/configmaps"


class FakeApi:
    """Serves one kind over plain HTTP; every change has a rising resource version."""

    def __init__(self, api_version: str = "v1", kind: str = "ConfigMap", plural: str = "configmaps") -> None:
        self.api_version, self.kind, self.plural = api_version, kind, plural
        self.root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        self.objects: dict[tuple[str, str], Obj] = {}
        self.version = 100
        self.oldest = 0
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self.kinds = {plural: kind}
        self.refused: set[tuple[str, str]] = set()
        self.user = "jane"
        self.answers: dict[tuple[str, str], list[tuple[int, Obj, dict[str, str]]]] = {}
        self._log: list[Obj] = []
        self._watches: list[queue.Queue[Obj | None]] = []
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.drop_watches()
        self._server.shutdown()
        self._server.server_close()

    def put(self, name: str, data: Obj, namespace: str = "default") -> Obj:
        with self._lock:
            known = self.objects.get((namespace, name))
            self.version += 1
            meta = {"name": name, "namespace": namespace, "uid": name, "resourceVersion": str(self.version)}
            obj = {"apiVersion": self.api_version, "kind": self.kind, "metadata": meta, "data": data}
            self.objects[(namespace, name)] = obj
            self._tell("MODIFIED" if known else "ADDED", obj)
            return obj

    def remove(self, name: str, namespace: str = "default") -> None:
        with self._lock:
            obj = self.objects.pop((namespace, name))
            self.version += 1
            meta = {**obj["metadata"], "resourceVersion": str(self.version)}
            self._tell("DELETED", {**obj, "metadata": meta})

    def wait_watched(self) -> None:
        """Wait until somebody watches."""
        while not self._watches:
            time.sleep(0.01)

    def drop_watches(self) -> None:
        """End every open watch, as a restarted server does."""
        with self._lock:
            for watch in self._watches:
                watch.put(None)
            self._watches.clear()

    def forget_history(self) -> None:
        """Compact: watches from before now are answered with 410 Gone."""
        self.oldest = self.version

    def refuse(self, kind: str, plural: str, *namespaces: str) -> None:
        """Let the user list a kind neither across the cluster nor in some namespaces, as RBAC does."""
        self.kinds[plural] = kind
        self.refused |= {(plural, namespace) for namespace in ("", *namespaces)}

    def refusal(self, path: str) -> Obj | None:
        """The answer to somebody who may not read a collection."""
        *_, plural = parts = path.strip("/").split("/")
        namespace = parts[-2] if len(parts) > 2 and parts[-3] == "namespaces" else ""
        if (plural, namespace) not in self.refused:
            return None
        group = parts[1] if parts[0] == "apis" else ""
        place = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
        message = (
            f'{plural}.{group} is forbidden: User "{self.user}" cannot list resource "{plural}" '
            f'in API group "{group}" {place}'
        )
        return {"kind": "Status", "code": 403, "reason": "Forbidden", "message": message}

    def answer_next(self, method: str, path: str, status: int, body: Obj, headers: dict[str, str]) -> None:
        self.answers.setdefault((method, path), []).append((status, body, headers))

    def open_watch(self, since: int) -> queue.Queue[Obj | None]:
        with self._lock:
            watch: queue.Queue[Obj | None] = queue.Queue()
            if since < self.oldest:
                status = {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"}
                watch.put({"type": "ERROR", "object": status})
                watch.put(None)
                return watch
            for event in self._log:
                if int(event["object"]["metadata"]["resourceVersion"]) > since:
                    watch.put(event)
            self._watches.append(watch)
            return watch

    def _tell(self, type: str, obj: Obj) -> None:
        event = {"type": type, "object": obj}
        self._log.append(event)
        for watch in self._watches:
            watch.put(event)


def _handler(api: FakeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head

        def do_GET(self) -> None:
            url = urlparse(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            if self._scripted("GET", url.path):
                return
            if refused := api.refusal(url.path):
                self._json(403, refused)
            elif url.path == "/readyz":
                self._send(200, b"ok")
            elif url.path == api.root:
                kinds = api.kinds.items()
                served = [{"name": name, "kind": kind, "namespaced": True} for name, kind in kinds]
                self._json(200, {"resources": served})
            elif "watch" in query:
                self._watch(int(query.get("resourceVersion", "0")))
            elif url.path.endswith(f"/{api.plural}"):
                self._list(int(query.get("continue", "0")), int(query.get("limit", "500")))
            else:
                self._one(url.path)

        def do_POST(self) -> None:
            self._write("POST")

        def do_PATCH(self) -> None:
            self._write("PATCH")

        def do_PUT(self) -> None:
            self._write("PUT")

        def do_DELETE(self) -> None:
            self._write("DELETE")

        def _write(self, method: str) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            path = urlparse(self.path).path
            if not self._scripted(method, path):
                self._json(200, body)

        def _scripted(self, method: str, path: str) -> bool:
            api.requests.append((method, self.path, dict(self.headers.items())))
            waiting = api.answers.get((method, path))
            if not waiting:
                return False
            status, body, headers = waiting.pop(0)
            self._json(status, body, headers)
            return True

        def _list(self, start: int, limit: int) -> None:
            items = list(api.objects.values())
            meta: Obj = {"resourceVersion": str(api.version)}
            if start + limit < len(items):
                meta["continue"] = str(start + limit)
            self._json(200, {"metadata": meta, "items": items[start : start + limit]})

        def _one(self, path: str) -> None:
            *_, namespace, _, name = path.split("/")
            obj = api.objects.get((namespace, name))
            missing = {"kind": "Status", "reason": "NotFound", "message": f'{api.plural} "{name}" not found'}
            self._json(200, obj) if obj else self._json(404, missing)

        def _watch(self, since: int) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            watch = api.open_watch(since)
            while (event := watch.get()) is not None:
                line = json.dumps(event).encode() + b"\n"
                self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

        def _json(self, status: int, body: Obj | None, headers: dict[str, str] | None = None) -> None:
            self._send(status, json.dumps(body).encode(), headers)

        def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
