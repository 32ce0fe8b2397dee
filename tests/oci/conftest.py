import pytest
from fake_registry import FakeRegistry
from registry_fixtures import client, registry

from pkgops.oci import ImageRef

__all__ = ["client", "ref", "registry"]


@pytest.fixture
def ref(registry: FakeRegistry) -> ImageRef:
    return ImageRef.parse(f"{registry.host}/demo/app:v1")
