"""Package versions for the registry in memory, as the pipeline pushes them: package → ops bundle → image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fake_registry import FakeRegistry

from pkgops import oci
from pkgops.formats import yaml
from pkgops.oci.bundle import build_image, push

APP = "registry.example.com/hello@sha256:"


def package(version: str, **spec: Any) -> dict[str, Any]:
    """Return a Package of a version."""
    return {
        "apiVersion": "data.packaging.carvel.dev/v1alpha1",
        "kind": "Package",
        "metadata": {"name": f"hello.example.com.{version}"},
        "spec": {"refName": "hello.example.com", "version": version, **spec},
    }


def pushed(
    registry: FakeRegistry,
    tmp_path: Path,
    version: str,
    files: dict[str, str],
    labels: dict[str, str] | None = None,
    folder: str = "apps",
    name: str = "hello",
    image: str = "",
) -> str:
    """Push an ops bundle of these files, and of an image, and the package bundle that refers to it.

    The Package has the labels as annotations too.
    """
    client = oci.RegistryClient()
    prefix = f"{registry.host}/{folder}/{name}-ops"
    ops = store(client, tmp_path / version / "ops", prefix, files, [image or f"{APP}{'a' * 64}"])
    made = package(version)
    made["metadata"] |= {"labels": labels or {}, "annotations": labels or {}}
    text = yaml.dump_all([made])
    return store(
        client, tmp_path / version / "pkg", f"{prefix}-pkg:v{version}", {"packages/p.yml": text}, [ops]
    )


def store(
    client: oci.RegistryClient, folder: Path, reference: str, files: dict[str, str], images: list[str]
) -> str:
    """Push a bundle of these files that refers to these images."""
    lock = {
        "apiVersion": "imgpkg.carvel.dev/v1alpha1",
        "kind": "ImagesLock",
        "images": [{"image": image} for image in images],
    }
    for path, text in {**files, ".imgpkg/images.yml": yaml.dump_all([lock])}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return str(push(client, oci.ImageRef.parse(reference), build_image([folder], bundle=True)))
