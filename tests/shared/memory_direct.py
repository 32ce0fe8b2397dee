"""The way to an API server in memory without a connection, for tests that ask it thousands of times."""

from __future__ import annotations

import json
from typing import Any

from memory_api import MemoryApi
from memory_calls import Call
from memory_objects import Refused

from pkgops.kube import Client
from pkgops.kube.connections import ApiRequest, Connections
from pkgops.kube.transport import Endpoint, Transport


class Answer:
    """What the server answered."""

    def __init__(self, status: int, retry_after: str = "") -> None:
        self.status, self._retry_after = status, retry_after

    def header(self, name: str) -> str:
        return self._retry_after if name == "Retry-After" else ""


class DirectConnections(Connections):
    """Carries a request to the server in the thread that asks: no watches, logs or port-forwards."""

    def __init__(self, api: MemoryApi) -> None:
        super().__init__("http://memory")
        self._api = api

    def fetch(self, request: ApiRequest) -> Any:
        call = Call(self._api, request.method, request.target, dict(request.headers), request.body)
        assert not call.subresource or call.subresource == "status", call.target
        try:
            self._api.check(call)
            answer = call.answer()
        except Refused as refused:
            return Answer(refused.code, refused.retry_after), json.dumps(refused.status()).encode()
        return Answer(201 if call.method == "POST" else 200), call.body_of(answer)

    def open(self, request: ApiRequest) -> Any:
        raise AssertionError(f"no stream without a connection: {request.target}")


def direct_client(api: MemoryApi, name: str = "memory") -> Client:
    """Return a client of the server that needs no connection."""
    return Client(Transport(Endpoint(server="http://memory", name=name), DirectConnections(api)))
