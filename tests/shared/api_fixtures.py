"""Fixtures of tests that speak to the hand-written API server."""

from collections.abc import Iterator

import pytest
from fake_api import FakeApi

from pkgops.kube import Client
from pkgops.kube.transport import Endpoint, Transport


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi()
    yield api
    api.close()


@pytest.fixture
def client(api: FakeApi) -> Client:
    return Client(Transport(Endpoint(server=api.url, name="fake")))
