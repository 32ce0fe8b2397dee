"""A registry in memory that speaks the distribution API, with the three ways to ask who somebody is."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import ssl
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

_PATH = re.compile(r"/v2/(?P<repo>.+?)/(?P<what>manifests|blobs|tags)/(?P<rest>.*)")
USER, PASSWORD, TOKEN = "ada", "s3cret", "token-for-ada"


@dataclass
class FakeRegistry:
    """What the registry holds, and how it behaves."""

    auth: str = ""
    page: int = 1000
    blobs: dict[str, dict[str, bytes]] = field(default_factory=lambda: defaultdict(dict))
    manifests: dict[str, dict[str, tuple[str, bytes]]] = field(default_factory=lambda: defaultdict(dict))
    uploads: dict[str, bytes] = field(default_factory=dict)
    requests: list[tuple[str, str]] = field(default_factory=list)
    corrupt: bool = False
    busy_seconds: float = 0.0
    """How long it takes nothing of a body that it is sent."""
    tls: ssl.SSLContext | None = None
    """With it, the registry speaks https."""

    def __post_init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def count(self, method: str, part: str) -> int:
        """Return how many requests of a method had this in their path."""
        return sum(1 for seen, path in self.requests if seen == method and part in path)


def _handler(registry: FakeRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head

        def do_GET(self) -> None:
            self._serve("GET")

        def do_HEAD(self) -> None:
            self._serve("HEAD")

        def do_PUT(self) -> None:
            self._serve("PUT")

        def do_POST(self) -> None:
            self._serve("POST")

        def do_PATCH(self) -> None:
            self._serve("PATCH")

        def do_DELETE(self) -> None:
            self._serve("DELETE")

        def log_message(self, *_: Any) -> None:
            return

        def _serve(self, method: str) -> None:
            registry.requests.append((method, self.path))
            if self.headers.get("Content-Length", "0") != "0":
                time.sleep(registry.busy_seconds)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/token"):
                return self._token()
            if not self._allowed():
                return self._challenge()
            found = _PATH.fullmatch(urlsplit(self.path).path)
            if found is None:
                return self._send(404)
            serve = getattr(self, f"_{found['what']}")
            return serve(method, found["repo"], found["rest"], body)

        def _allowed(self) -> bool:
            given = self.headers.get("Authorization", "")
            basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            return {"": True, "basic": given == basic, "token": given == f"Bearer {TOKEN}"}[registry.auth]

        def _challenge(self) -> None:
            header = 'Basic realm="r"'
            if registry.auth == "token":
                header = f'Bearer realm="http://{registry.host}/token",service="fake",scope="x"'
            self._error(401, "UNAUTHORIZED", "authentication required", {"WWW-Authenticate": header})

        def _token(self) -> None:
            basic = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
            if self.headers.get("Authorization") != basic:
                return self._error(401, "UNAUTHORIZED", "incorrect username or password")
            return self._send(200, json.dumps({"token": TOKEN}).encode())

        def _manifests(self, method: str, repo: str, ref: str, body: bytes) -> None:
            known = registry.manifests[repo]
            if method == "PUT":
                digest = "sha256:" + hashlib.sha256(body).hexdigest()
                for name in (ref, digest):
                    known[name] = (self.headers["Content-Type"], body)
                return self._send(201, headers={"Docker-Content-Digest": digest})
            if ref not in known:
                return self._error(404, "MANIFEST_UNKNOWN", "manifest unknown", detail={"Tag": ref})
            if method == "DELETE":
                del known[ref]
                return self._send(202)
            kind, content = known[ref]
            digest = "sha256:" + hashlib.sha256(content).hexdigest()
            return self._send(200, content, {"Content-Type": kind, "Docker-Content-Digest": digest})

        def _tags(self, _method: str, repo: str, _rest: str, _body: bytes) -> None:
            if repo not in registry.manifests:
                return self._error(
                    404, "NAME_UNKNOWN", "repository name not known to registry", detail={"name": repo}
                )
            tags = sorted(name for name in registry.manifests[repo] if not name.startswith("sha256:"))
            query = parse_qs(urlsplit(self.path).query)
            start = tags.index(query["last"][0]) + 1 if "last" in query else 0
            page = tags[start : start + registry.page]
            more = start + registry.page < len(tags)
            link = {"Link": f'</v2/{repo}/tags/list?last={page[-1]}&n=2>; rel="next"'} if more else {}
            return self._send(200, json.dumps({"name": repo, "tags": page}).encode(), link)

        def _blobs(self, method: str, repo: str, rest: str, body: bytes) -> None:
            if rest.startswith("uploads"):
                return self._upload(method, repo, rest, body)
            content = registry.blobs[repo].get(rest)
            if content is None:
                return self._error(404, "BLOB_UNKNOWN", "blob unknown to registry")
            return self._send(200, b"?" + content[1:] if registry.corrupt else content)

        def _upload(self, method: str, repo: str, rest: str, body: bytes) -> None:
            query = parse_qs(urlsplit(self.path).query)
            if method == "POST":
                return self._begin(repo, query)
            name = rest.partition("/")[2]
            if method == "DELETE":
                registry.uploads.pop(name, None)
                return self._send(204)
            registry.uploads[name] = registry.uploads.get(name, b"") + body
            if method == "PATCH":
                return self._send(202, headers={"Location": f"/v2/{repo}/blobs/uploads/{name}?state=x"})
            content, digest = registry.uploads.pop(name), query["digest"][0]
            if "sha256:" + hashlib.sha256(content).hexdigest() != digest:
                return self._error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
            registry.blobs[repo][digest] = content
            return self._send(201)

        def _begin(self, repo: str, query: dict[str, list[str]]) -> None:
            if "mount" in query:
                content = registry.blobs[query["from"][0]].get(query["mount"][0])
                if content is not None:
                    registry.blobs[repo][query["mount"][0]] = content
                    return self._send(201)
            name = str(len(registry.requests))
            registry.uploads[name] = b""
            return self._send(202, headers={"Location": f"/v2/{repo}/blobs/uploads/{name}?state=x"})

        def _error(
            self,
            status: int,
            code: str,
            message: str,
            headers: dict[str, str] | None = None,
            detail: Any = None,
        ) -> None:
            error = {"code": code, "message": message, "detail": detail}
            self._send(status, json.dumps({"errors": [error]}).encode(), headers)

        def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    return Handler
