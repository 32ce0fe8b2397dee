"""Fixtures of tests that ask the hand-written API server."""

from collections.abc import Iterator

import pytest
from fake_api import FakeApi

from pkgops.flows.clusters import Clusters
from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi()
    yield api
    api.close()


@pytest.fixture
def client(api: FakeApi) -> Client:
    return Client(Transport(Endpoint(server=api.url, name="fake")))


def one_cluster(client: Client) -> Clusters:
    """Return the clusters of a target whose environments are all on the cluster of the workload."""
    return Clusters(workload=client, environments=(), connected=lambda _: client)
