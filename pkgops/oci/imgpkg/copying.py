"""Copying a bundle and everything it refers to into one repository, digests unchanged."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from pkgops.oci import bundle as bundles
from pkgops.oci.client import RegistryClient
from pkgops.oci.image import copy_image, empty_image, read_image, write_image
from pkgops.oci.layers import memory_layer, regular
from pkgops.oci.locks import BundleLock, ImageLocations, ImagesLock, LockedImage
from pkgops.oci.reference import ImageRef

OnLine = Callable[[str], None]


def copy_to_repo(
    client: RegistryClient, source: ImageRef, target: ImageRef, is_bundle: bool, on_line: OnLine
) -> str:
    """Copy an image, or a bundle with the images of its lock (and of bundles in it), into a repository.

    Returns:
        The text of the lock file for ``--lock-output``.
    """
    ref = source if source.digest else source.at(client.digest(source))
    copied = _copy(client, ref, target, is_bundle, on_line)
    if is_bundle:
        return BundleLock(str(target.at(copied)), source.tag).dump()
    return ImagesLock((LockedImage(str(target.at(copied))),)).dump()


def _copy(
    client: RegistryClient, ref: ImageRef, target: ImageRef, must_be_bundle: bool, on_line: OnLine
) -> str:
    image = read_image(client, ref)
    if must_be_bundle:
        bundles.expect_bundle(image)
    if bundles.is_bundle(image):
        images = [
            (locked, _copy(client, locked, target, False, on_line)) for locked in _referenced(client, ref)
        ]
        _write_locations(client, target.at(ref.digest), [locked for locked, _ in images])
    on_line(f"copy | exporting {ref}")
    copy_image(client, ref, [target.tagged(f"{ref.digest.replace(':', '-')}.imgpkg")])
    return ref.digest


def _referenced(client: RegistryClient, ref: ImageRef) -> list[ImageRef]:
    with tempfile.TemporaryDirectory() as folder:
        pulled = bundles.pull_bundle(client, ref, Path(folder) / "bundle")
    return [ImageRef.parse(image.image) for image in pulled.lock.images]


def _write_locations(client: RegistryClient, bundle: ImageRef, images: list[ImageRef]) -> None:
    facts = tuple((str(image), bundles.is_bundle(read_image(client, image))) for image in images)
    text = ImageLocations(facts).dump().encode()
    layer = memory_layer([regular("image-locations.yml", text, 0o600)])
    write_image(client, empty_image().append([layer], "imgpkg"), [bundles.locations_ref(bundle)])
