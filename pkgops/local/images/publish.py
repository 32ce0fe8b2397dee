"""Publish the images: to a registry, or directly to containerd."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from pkgops import tools
from pkgops.local.images.build import BuiltImage
from pkgops.oci import media
from pkgops.oci.client import RegistryClient
from pkgops.oci.image import Image, write_image

_IMAGE_NAME = "io.containerd.image.name"


def push_to(
    registry: str, images: Iterable[BuiltImage], client: RegistryClient | None = None
) -> dict[str, str]:
    """Store the images in a registry; existing blobs are not sent again.

    Returns:
        The reference of each image (``registry/pkgops/toolbox:0.1.0-...``) by its name.
    """
    client = client or RegistryClient()
    pushed = {}
    for built in images:
        ref = built.ref(registry)
        if not client.exists(ref):
            write_image(client, built.image, [ref])
        pushed[built.name] = str(ref)
    return pushed


def export_archive(images: Iterable[BuiltImage], registry: str, out: IO[bytes]) -> None:
    """Write an archive that ``ctr images import`` reads (an OCI image layout in a tar).

    Every layer is in it once.
    """
    written: set[str] = set()
    manifests = []
    with tarfile.open(fileobj=out, mode="w") as tar:
        _add(tar, "oci-layout", media.to_json({"imageLayoutVersion": "1.0.0"}))
        for built in images:
            _add_layers(tar, built.image, written)
            _add_blob(tar, built.image.config_bytes(), written)
            manifest = built.image.manifest()
            _add_blob(tar, manifest.content, written)
            entry = media.Descriptor.of(manifest.media_type, manifest.content).to_json()
            manifests.append({**entry, "annotations": {_IMAGE_NAME: str(built.ref(registry))}})
        index = {"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": manifests}
        _add(tar, "index.json", media.to_json(index))


def import_to(socket: Path, images: Iterable[BuiltImage], registry: str, work: Path) -> list[str]:
    """Load those images into containerd that it does not have yet; return their references.

    Args:
        socket: containerd's address.
        images: images that pods may need before the registry answers (``pause``).
        registry: part of the names.
        work: a folder for the archive, which is removed again.
    """
    ctr = ("ctr", "--address", str(socket), "--namespace", "k8s.io", "images")
    present = set(tools.run(*ctr, "list", "--quiet").stdout.split())
    wanted = [built for built in images if str(built.ref(registry)) not in present]
    if wanted:
        archive = work / "images.tar"
        try:
            with archive.open("wb") as out:
                export_archive(wanted, registry, out)
            tools.run(*ctr, "import", str(archive), deadline=600)
        finally:
            archive.unlink(missing_ok=True)
    return [str(built.ref(registry)) for built in wanted]


def _add_layers(tar: tarfile.TarFile, image: Image, written: set[str]) -> None:
    for layer in image.layers:
        if layer.blob.digest not in written:
            written.add(layer.blob.digest)
            header = tarfile.TarInfo(_blob_path(layer.blob.digest))
            header.size = layer.blob.size
            with layer.open() as content:
                tar.addfile(header, content)


def _add_blob(tar: tarfile.TarFile, content: bytes, written: set[str]) -> None:
    digest = media.sha256(content)
    if digest not in written:
        written.add(digest)
        _add(tar, _blob_path(digest), content)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    header = tarfile.TarInfo(name)
    header.size = len(content)
    tar.addfile(header, io.BytesIO(content))


def _blob_path(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")
