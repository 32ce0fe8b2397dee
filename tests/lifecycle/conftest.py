"""Phases run in folders of the test instead of the build pod's, against a registry in memory."""

from pathlib import Path

import pytest
from fake_registry import FakeRegistry
from registry_fixtures import client, registry

from pkgops.lifecycle import buildpacks_on_disk, prepare, secrets
from pkgops.oci import ImageRef

__all__ = ["client", "pod", "registry", "tag"]


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the root of a build pod's folders."""
    for name in ("workspace", "layers", "platform/env", "cnb", "home", "cache"):
        (tmp_path / name).mkdir(parents=True)
    monkeypatch.setattr(buildpacks_on_disk, "CNB", tmp_path / "cnb")
    monkeypatch.setattr(prepare, "WORKSPACE", tmp_path / "workspace")
    monkeypatch.setattr(prepare, "PLATFORM", tmp_path / "platform")
    monkeypatch.setattr(prepare, "METADATA", tmp_path / "layers")
    monkeypatch.setattr(prepare, "HOME", tmp_path / "home")
    monkeypatch.setattr(secrets, "MOUNTS", tmp_path / "secrets")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "home/.docker"))
    return tmp_path


@pytest.fixture
def tag(registry: FakeRegistry) -> ImageRef:
    return ImageRef.parse(f"{registry.host}/demo/app")
