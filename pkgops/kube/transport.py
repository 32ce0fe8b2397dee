"""HTTP to one API server: connections, credentials, and errors as exceptions."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3._collections import HTTPHeaderDict

from pkgops.kube.errors import Unreachable, api_error

THROTTLE_RETRIES = 5
CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0


@dataclass(frozen=True)
class Endpoint:
    """An API server and how to talk to it.

    Attributes:
        server: the base URL, without a trailing slash.
        name: what a person calls it: the context name.
        tls: the TLS context, with CA and client certificate loaded; None for plain http.
        token: returns the current bearer token, or None where a certificate is used.
        headers: sent with every request (impersonation).
    """

    server: str
    name: str
    tls: ssl.SSLContext | None = None
    token: Callable[[], str | None] = field(default=lambda: None, repr=False)
    headers: tuple[tuple[str, str], ...] = ()


Received = Callable[[int], None]


class Transport:
    """A pool of connections to one endpoint. Thread-safe.

    ``received`` is told the bytes of every answer's body as they are read, by the thread that reads.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        pool: urllib3.PoolManager | None = None,
        received: Received = lambda _: None,
    ) -> None:
        self.endpoint = endpoint
        self._received = received
        self._pool = pool or urllib3.PoolManager(
            num_pools=4, maxsize=32, ssl_context=endpoint.tls, retries=False, block=False
        )

    def impersonating(self, user: str, groups: tuple[str, ...]) -> Transport:
        """Return a transport that shares the connections and acts as ``user``."""
        headers = (("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups))
        return Transport(replace(self.endpoint, headers=headers), self._pool, self._received)

    def headers(self, extra: Mapping[str, str] | None = None) -> HTTPHeaderDict:
        """Return the headers of a request, credentials included."""
        headers = HTTPHeaderDict({"Accept": "application/json", "User-Agent": "pkgops"})
        token = self.endpoint.token()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        for key, value in self.endpoint.headers:
            headers.add(key, value)
        for key, value in (extra or {}).items():
            headers[key] = value
        return headers

    def json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Any:
        """Send a request and return the decoded answer.

        Raises:
            ApiError: the server answered with a status of 400 or more.
            Unreachable: there was no answer.
        """
        data = None if body is None else json.dumps(body).encode()
        for attempt in range(THROTTLE_RETRIES):
            answer = self._send(method, path, query, data, content_type)
            self._received(len(answer.data))
            if answer.status != 429 or attempt == THROTTLE_RETRIES - 1:
                break
            time.sleep(_retry_after(answer))
        if answer.status >= 400:
            raise api_error(answer.status, answer.data)
        return json.loads(answer.data) if answer.data else {}

    def stream(
        self, path: str, *, query: Mapping[str, str] | None = None, read_seconds: float | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Open a GET whose body is read as it comes (watches, logs)."""
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds)
        answer = self._request("GET", path, query, None, self.headers(), timeout, preload=False)
        if answer.status >= 400:
            raise api_error(answer.status, answer.read())
        return answer

    def lines(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """Yield the lines of a stream as they come."""
        for line in answer:
            self._received(len(line))
            yield line

    def _send(
        self, method: str, path: str, query: Mapping[str, str] | None, data: bytes | None, content_type: str
    ) -> urllib3.BaseHTTPResponse:
        headers = self.headers({"Content-Type": content_type} if data is not None else None)
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        return self._request(method, path, query, data, headers, timeout, preload=True)

    def _request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        data: bytes | None,
        headers: HTTPHeaderDict,
        timeout: urllib3.Timeout,
        *,
        preload: bool,
    ) -> urllib3.BaseHTTPResponse:
        url = self.endpoint.server + path + (f"?{urlencode(query)}" if query else "")
        try:
            return self._pool.request(
                method,
                url,
                body=data,
                headers=headers,
                timeout=timeout,
                preload_content=preload,
                retries=_stale_connection_retry(method),
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise unreachable(self.endpoint, error) from error


def _stale_connection_retry(method: str) -> urllib3.Retry:
    # A kept connection may have been closed by a restarted server: reading again is harmless, while a
    # write is repeated only if it never left (urllib3 counts that as a connect error).
    reads = 1 if method == "GET" else 0
    return urllib3.Retry(total=2, connect=1, read=reads, other=0, redirect=0, status=0, raise_on_status=False)


def _retry_after(answer: urllib3.BaseHTTPResponse) -> float:
    try:
        return min(float(answer.headers.get("Retry-After", "1")), 10.0)
    except ValueError:
        return 1.0


def unreachable(endpoint: Endpoint, error: Exception) -> Unreachable:
    """Return the error for a server that did not answer, with the innermost cause as the reason."""
    cause: BaseException = error
    if isinstance(error, urllib3.exceptions.MaxRetryError) and error.reason is not None:
        cause = error.reason
    text = str(cause).rpartition("): ")[2] or str(cause) or type(cause).__name__
    return Unreachable(
        f"cannot reach the API server of {endpoint.name} at {endpoint.server}",
        why=text,
        next="check that the cluster runs and that this machine reaches it (local cluster: pkgops local up)",
    )
