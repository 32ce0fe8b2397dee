"""The way to an API server in memory without a connection.

A request over HTTP to a server of the same process takes several times the processor time of its answer,
and waits for threads that other tests keep busy. What this process asks and one document answers goes to
the server directly; watches, logs, port-forwards and whatever another process asks have connections.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from memory_calls import Call
from memory_objects import Refused

from pkgops.kube import Client
from pkgops.kube.connections import ApiRequest, Connections
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport

if TYPE_CHECKING:
    from memory_api import MemoryApi

_attached: dict[str, MemoryApi] = {}
_over_http = Connections.fetch


class Answer:
    """What the server answered."""

    def __init__(self, status: int, retry_after: str = "") -> None:
        self.status, self._retry_after = status, retry_after

    def header(self, name: str) -> str:
        return self._retry_after if name == "Retry-After" else ""


def attach(address: str, api: MemoryApi) -> None:
    """Answer what this process asks of a base URL from the server that listens there."""
    Connections.fetch = _fetch  # type: ignore[method-assign]
    _attached[address] = api


def detach(address: str) -> None:
    """Nothing answers at a base URL any more."""
    _attached.pop(address, None)


def _fetch(connections: Connections, request: ApiRequest) -> Any:
    route = connections.route
    api = _attached.get(route.origin) if route.proxy is None else None
    # How a connection breaks is part of what is tested where the server is killed.
    if api is None or api.restarts.at:
        return _over_http(connections, request)
    call = Call(api, request.method, request.target, dict(request.headers), request.body)
    if call.path == "/readyz" or call.subresource not in ("", "status"):
        return _over_http(connections, request)
    return _answered(api, call)


def _answered(api: MemoryApi, call: Call) -> tuple[Answer, bytes]:
    try:
        api.check(call)
        document = api.restarts.answer(api, call)
    except Refused as refused:
        return Answer(refused.code, refused.retry_after), json.dumps(refused.status()).encode()
    return Answer(201 if call.method == "POST" else 200), call.body_of(document)


class DirectConnections(Connections):
    """Carries requests to a server that listens nowhere: no watches, logs or port-forwards."""

    def __init__(self, api: MemoryApi) -> None:
        super().__init__("http://memory")
        self._api = api

    def fetch(self, request: ApiRequest) -> Any:
        call = Call(self._api, request.method, request.target, dict(request.headers), request.body)
        assert not call.subresource or call.subresource == "status", call.target
        return _answered(self._api, call)

    def open(self, request: ApiRequest) -> Any:
        raise AssertionError(f"no stream without a connection: {request.target}")


def direct_client(api: MemoryApi, name: str = "memory") -> Client:
    """Return a client of the server that needs no connection."""
    return Client(Transport(Endpoint(server="http://memory", name=name), DirectConnections(api)))
