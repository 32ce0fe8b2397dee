"""The http server: read a request, pass it to git, report pushes."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from pkgops.errors import PkgopsError
from pkgops.local.gitserver import backend

Pushed = Callable[[str], None]
log = logging.getLogger("pkgops.git")


class GitServer(ThreadingHTTPServer):
    """Serves the bare repositories of one folder.

    Attributes:
        root: the folder.
        pushed: called with a repository's name after a push was accepted; runs on a thread of its own.
    """

    daemon_threads = True

    def __init__(self, address: tuple[str, int], root: Path, pushed: Pushed) -> None:
        self.root = root
        self.pushed = pushed
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the acknowledgement of its head
    server: GitServer

    def do_GET(self) -> None:
        """Respond to ``/`` for probes; pass all other paths to git."""
        if urlsplit(self.path).path == "/":
            self._send(200, [("Content-Type", "text/plain")], b"pkgops git\n")
        else:
            self._serve()

    def do_POST(self) -> None:
        """Pass a request of a fetch or a push to git."""
        self._serve()

    def log_message(self, format: str, *args: object) -> None:
        """Write an access line to the log."""
        log.info(format, *args)

    def _serve(self) -> None:
        with tempfile.SpooledTemporaryFile(max_size=0) as body:
            length = _spool(self._chunks(), body)
            headers = {key.lower(): value for key, value in self.headers.items()}
            env = backend.environment(self.server.root, self.command, self.path, headers, length)
            try:
                answer = backend.serve(env, body)
            except PkgopsError as error:
                log.error("%s: %s", error.what, error.why)
                self._send(500, [("Content-Type", "text/plain")], b"git failed; see the server's log\n")
                return
            with answer.body:
                self._copy(answer)
        if answer.status == 200 and self.path.endswith("/git-receive-pack"):
            name = self.path.removesuffix("/git-receive-pack").strip("/").removesuffix(".git")
            threading.Thread(target=self.server.pushed, args=(name,), daemon=True).start()

    def _chunks(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline().split(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            yield self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _copy(self, answer: backend.BackendResponse) -> None:
        begin = answer.body.tell()
        length = answer.body.seek(0, 2) - begin
        answer.body.seek(begin)
        self._head(answer.status, answer.headers, length)
        shutil.copyfileobj(answer.body, self.wfile)

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self._head(status, headers, len(body))
        self.wfile.write(body)

    def _head(self, status: int, headers: list[tuple[str, str]], length: int) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()


def _spool(chunks: Iterator[bytes], body: IO[bytes]) -> int:
    length = sum(body.write(chunk) for chunk in chunks)
    body.flush()
    body.seek(0)
    return length
