"""HTTP to one API server: connections, credentials, and errors as exceptions."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from pkgops.errors import PkgopsError
from pkgops.kube import retry
from pkgops.kube.connections import BROKEN, ApiRequest, ApiResponse, Connections
from pkgops.kube.endpoint import Endpoint, unreachable
from pkgops.kube.errors import api_error
from pkgops.kube.retry import NO_RETRIES, Deleted, RetryPolicy, Waiting
from pkgops.values import replace

READ_SECONDS = 60.0
UNAUTHORIZED = 401

Headers = tuple[tuple[str, str], ...]
"""Names and values; a name may be there more than once."""

T = TypeVar("T")


Received = Callable[[int], None]


class Transport:
    """A pool of connections to one endpoint. Thread-safe.

    ``received`` is called with the number of bytes of every response's body as they are read, by the thread
    that reads. ``policy`` sets for how long a request is retried after temporary errors, where that is safe.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        connections: Connections | None = None,
        received: Received = lambda _: None,
        policy: RetryPolicy = NO_RETRIES,
    ) -> None:
        self.endpoint = endpoint
        self._received = received
        self._policy = policy
        self._answered = False
        self._connections = connections or Connections(
            endpoint.server, endpoint.tls, endpoint.proxy, endpoint.server_name, endpoint.renewal
        )

    def impersonating(self, user: str, groups: tuple[str, ...]) -> Transport:
        """Return a transport that shares the connections and acts as ``user``."""
        headers = (("Impersonate-User", user), *(("Impersonate-Group", group) for group in groups))
        endpoint = replace(self.endpoint, headers=headers)
        return Transport(endpoint, self._connections, self._received, self._policy)

    def retrying(
        self,
        seconds: float,
        waiting: Waiting | None = None,
        *,
        known: bool = False,
        deleted: Deleted | None = None,
    ) -> Transport:
        """Return a transport that shares the connections and retries for so many seconds."""
        policy = replace(
            self._policy,
            seconds=seconds,
            waiting=waiting or self._policy.waiting,
            known=known,
            deleted=deleted or self._policy.deleted,
        )
        return Transport(self.endpoint, self._connections, self._received, policy)

    def until(self, stop: threading.Event) -> Transport:
        """Return a transport that shares the connections and sends nothing again once ``stop`` is set."""
        known = self._answered or self._policy.known
        policy = replace(self._policy, sleep=stop.wait, stopped=stop.is_set, known=known)
        return Transport(self.endpoint, self._connections, self._received, policy)

    def headers(self, content_type: str = "") -> Headers:
        """Return the headers of a request, credentials included; a name may be there more than once."""
        token = self.endpoint.token()
        scheme, proof = ("Bearer", token) if token else ("Basic", self.endpoint.basic)
        return (
            ("Accept", "application/json"),
            ("User-Agent", "pkgops"),
            *((("Authorization", f"{scheme} {proof}"),) if proof else ()),
            *self.endpoint.headers,
            *((("Content-Type", content_type),) if content_type else ()),
        )

    def dial(self) -> socket.socket:
        """Return a connection to the server for another protocol than HTTP.

        Raises:
            OSError: it cannot be reached.
        """
        return self._connections.dial()

    def json(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
    ) -> Any:
        """Send a request and return the decoded response.

        Raises:
            ApiError: the server answered with a status of 400 or more.
            Unreachable: there was no response.
        """
        data = None if body is None else json.dumps(body).encode()
        headers = self.headers(content_type if data is not None else "")
        request = ApiRequest(
            method=method, target=_target(path, query), headers=headers, body=data, read_seconds=READ_SECONDS
        )
        content = self._persist(request, self._fetch)
        return json.loads(content) if content else {}

    def stream(
        self, path: str, *, query: Mapping[str, str] | None = None, read_seconds: float | None = None
    ) -> ApiResponse:
        """Open a GET whose body is read as it arrives (watches, logs)."""
        request = ApiRequest(
            method="GET", target=_target(path, query), headers=self.headers(), read_seconds=read_seconds
        )
        return self._persist(request, self._open)

    def lines(self, answer: ApiResponse) -> Iterator[bytes]:
        """Yield the lines of a stream as they arrive."""
        for line in answer:
            self._received(len(line))
            yield line

    def renewed(self, headers: Headers, version: int) -> Headers | None:
        """Return refused headers with the present credential; None if it is the same.

        Args:
            headers: those that were sent, as :meth:`headers` gave them.
            version: the one of the endpoint's renewal when the request was begun.

        Raises:
            PreflightError: another credential is required, and does not exist.
        """
        sent = dict(headers)
        scheme, _, token = sent.get("Authorization", "").partition(" ")
        certificate = self.endpoint.renewal.renew(token if scheme == "Bearer" else None, version)
        now = self.headers(sent.get("Content-Type", ""))
        if not certificate and now == headers:
            return None
        self._connections.drop()
        return now

    def _persist(self, request: ApiRequest, send: Callable[[ApiRequest], T]) -> T:
        policy, tries, reported, renewed = self._policy, 0, False, False
        began, version = policy.clock(), self.endpoint.renewal.version
        while True:
            try:
                found = send(request)
            except _Refused as refused:
                if refused.error.status == UNAUTHORIZED and not renewed:
                    renewed = True
                    other = self.renewed(request.headers, version)
                    if other is not None:
                        # A 401 was not processed: even a write may be sent again.
                        request = request._replace(headers=other)
                        continue
                refused.error.cluster = self.endpoint.name
                failure: PkgopsError = refused.error
                self._answered = True
                again = retry.pause(request, failure, refused.retry_after, tries)
            except BROKEN as error:
                failure = unreachable(self.endpoint, error)
                failure.__cause__ = error
                deleted = policy.deleted()
                if deleted is not None:
                    raise deleted from failure
                again = retry.pause(request, failure, "", tries)
            else:
                self._answered = True
                return found
            if again is None or not retry.allowed(policy, failure, began, self._answered, tries):
                raise failure
            if not reported and policy.clock() - began + again >= retry.NOTICED_SECONDS:
                policy.waiting(failure)
                reported = True
            policy.sleep(again)
            tries += 1

    def _fetch(self, request: ApiRequest) -> bytes:
        answer, content = self._connections.fetch(request)
        self._received(len(content))
        if answer.status >= 400:
            raise _Refused(answer, content)
        return content

    def _open(self, request: ApiRequest) -> ApiResponse:
        answer = self._connections.open(request)
        if answer.status >= 400:
            raise _Refused(answer, answer.read())
        return answer


class _Refused(Exception):
    """The server answered with a status of 400 or more."""

    def __init__(self, answer: ApiResponse, content: bytes) -> None:
        super().__init__(answer.status)
        self.error = api_error(answer.status, content)
        self.retry_after = answer.header("Retry-After")


def _target(path: str, query: Mapping[str, str] | None) -> str:
    return path + (f"?{urlencode(query)}" if query else "")
