"""The step that pushes a package: both bundles with their locks, and no more programs than these take."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fake_registry import FakeRegistry
from registry_fixtures import registry
from steps_kit import tasks

from pkgops.oci import ImageRef, RegistryClient, write_image
from pkgops.oci.bundle import pull_bundle
from pkgops.oci.image import empty_image
from pkgops.oci.locks import ImagesLock

__all__ = ["registry"]

COMMAND = '#!/bin/sh\necho "{name} $1" >>{told}\nexec {python} -m pkgops.oci.{name} "$@"\n'


def test_a_package_refers_to_its_bundle_and_both_lock_their_images(
    tmp_path: Path, registry: FakeRegistry
) -> None:
    client = RegistryClient(timeout=5)
    write_image(client, empty_image(), [ImageRef.parse(f"{registry.host}/demo/shop:v1")])
    source, told = tmp_path / "source", tmp_path / "told"
    source.mkdir()
    (source / "service.yml").write_text(f"kind: Service\nspec: {{image: {registry.host}/demo/shop:v1}}\n")
    (tmp_path / "bin").mkdir()
    for name in ("imgpkg", "kbld"):
        program = tmp_path / "bin" / name
        program.write_text(COMMAND.format(name=name, told=told, python=sys.executable))
        program.chmod(0o755)
    (step,) = tasks(tmp_path)["imgpkg-push-package"]["spec"]["steps"]
    bundle, result = f"{registry.host}/demo/shop-ops", tmp_path / "result"
    environment = {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": ":".join(sys.path),
        "BUNDLE": bundle,
        "PACKAGE": "shop.demo.carto",
        "VERSION": "0.1.7",
        "SOURCE": str(source),
        "RESULT": str(result),
    }
    subprocess.run([*step["command"], *step["args"]], env=environment, check=True, cwd=tmp_path)
    assert told.read_text().split("\n")[:-1] == ["kbld -f", "imgpkg push", "imgpkg push"]
    package = result.read_text()
    assert package.startswith(f"{bundle}-pkg@sha256:")
    pull_bundle(client, ImageRef.parse(package), tmp_path / "pkg", print)
    (ops,) = ImagesLock.parse((tmp_path / "pkg/.imgpkg/images.yml").read_text(), "lock").images
    written = (tmp_path / "pkg/packages/shop.demo.carto/0.1.7.yml").read_text()
    assert f"image: {ops.image}\n" in written
    assert ops.annotations == {"kbld.carvel.dev/id": ops.image}
    pull_bundle(client, ImageRef.parse(ops.image), tmp_path / "ops", print)
    (locked,) = ImagesLock.parse((tmp_path / "ops/.imgpkg/images.yml").read_text(), "lock").images
    assert locked.image.startswith(f"{registry.host}/demo/shop@sha256:")
