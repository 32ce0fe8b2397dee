"""The CGI interface of ``git http-backend``: from an http request to the program and back.

The protocol is git's; here are only the variables that it reads and the headers that it writes
(see git-http-backend(1) and RFC 3875).
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from pkgops import tools

DEADLINE = 300.0
_HEADERS = {
    "content-type": "CONTENT_TYPE",
    "content-encoding": "HTTP_CONTENT_ENCODING",
    "git-protocol": "HTTP_GIT_PROTOCOL",
    "accept": "HTTP_ACCEPT",
}


@dataclass
class BackendResponse:
    """The response of the program.

    Attributes:
        status: the http status.
        headers: as written, in order.
        body: an open file, at the start of the body; the caller closes it.
    """

    status: int
    headers: list[tuple[str, str]]
    body: IO[bytes] = field(repr=False)


def environment(
    root: Path, method: str, target: str, headers: Mapping[str, str], length: int
) -> dict[str, str]:
    """Return the CGI variables of a request.

    Args:
        root: the folder of the bare repositories.
        method: the http method.
        target: the request's path with its query.
        headers: the request's headers by lower-case name.
        length: bytes of the body.
    """
    url = urlsplit(target)
    known = {name: headers[key] for key, name in _HEADERS.items() if key in headers}
    return {
        "PATH": tools.SYSTEM_PATH,
        "GIT_PROJECT_ROOT": str(root),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "HOME": str(root),
        "REQUEST_METHOD": method,
        "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query,
        "CONTENT_LENGTH": str(length),
        "REMOTE_USER": "pkgops",
        "REMOTE_ADDR": "127.0.0.1",
        **known,
    }


def serve(env: Mapping[str, str], body: IO[bytes] | None) -> BackendResponse:
    """Run the program for one request.

    Raises:
        ToolFailed: the program failed; a refusal is a response.
    """
    output = tempfile.TemporaryFile()  # noqa: SIM115 the answer's body, closed by whoever sends it
    try:
        tools.run("git", "http-backend", env=env, stdin=body, stdout=output, deadline=DEADLINE)
    except BaseException:
        output.close()
        raise
    output.seek(0)
    status, headers = read_headers(output)
    return BackendResponse(status, headers, output)


def read_headers(output: IO[bytes]) -> tuple[int, list[tuple[str, str]]]:
    """Read a CGI response's headers up to the empty line; return the status and the other headers."""
    status, headers = 200, []
    for raw in iter(output.readline, b""):
        line = raw.decode("latin-1").strip()
        if not line:
            break
        name, _, value = line.partition(":")
        if name.lower() == "status":
            status = int(value.split()[0])
        else:
            headers.append((name, value.strip()))
    return status, headers
