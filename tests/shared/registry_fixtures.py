"""Fixtures of tests that speak to the registry in memory."""

from collections.abc import Iterator

import pytest
from fake_registry import FakeRegistry

from pkgops.oci import RegistryClient


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    yield registry
    registry.close()


@pytest.fixture
def client() -> RegistryClient:
    return RegistryClient(timeout=5)
