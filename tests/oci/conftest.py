from collections.abc import Iterator

import pytest
from fake_registry import FakeRegistry

from pkgops.oci import ImageRef, RegistryClient


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    registry = FakeRegistry()
    yield registry
    registry.close()


@pytest.fixture
def client() -> RegistryClient:
    return RegistryClient(timeout=5)


@pytest.fixture
def ref(registry: FakeRegistry) -> ImageRef:
    return ImageRef.parse(f"{registry.host}/demo/app:v1")
