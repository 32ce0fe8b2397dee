from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from fake_api import FakeApi

from pkgops.kube import Client
from pkgops.kube.transport import Endpoint, Transport

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi()
    yield api
    api.close()


@pytest.fixture
def client(api: FakeApi) -> Client:
    return Client(Transport(Endpoint(server=api.url, name="fake")))
