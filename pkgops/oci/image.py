"""Images as values: configuration and layers; appending, rebasing, reading and writing them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import IO, TYPE_CHECKING, Any

from pkgops.oci import media
from pkgops.oci.errors import BadContent, NotFound
from pkgops.oci.media import Descriptor, Manifest
from pkgops.oci.reference import ImageRef

if TYPE_CHECKING:
    from pkgops.oci.client import RegistryClient


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        blob: the compressed tar as it is stored.
        diff_id: the digest of the tar before compression.
        open: opens the blob at its beginning.
        origin: a repository that has the blob, so that it may be mounted instead of sent; or None.
    """

    blob: Descriptor
    diff_id: str
    open: Callable[[], IO[bytes]] = field(compare=False, repr=False)
    origin: ImageRef | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A whole image; ``config`` is the image configuration without ``rootfs``, which is computed."""

    config: Mapping[str, Any]
    layers: tuple[Layer, ...]
    manifest_type: str = media.DOCKER_MANIFEST

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the configuration."""
        return dict(self.config.get("config", {}).get("Labels") or {})

    def config_bytes(self) -> bytes:
        """Return the configuration as it is stored and hashed."""
        rootfs = {"type": "layers", "diff_ids": [layer.diff_id for layer in self.layers]}
        return media.to_json({**self.config, "rootfs": rootfs})

    def manifest(self) -> Manifest:
        """Return the manifest; the same image always has the same bytes."""
        oci = self.manifest_type == media.OCI_MANIFEST
        config_type = media.OCI_CONFIG if oci else media.DOCKER_CONFIG
        document = {
            "schemaVersion": 2,
            "mediaType": self.manifest_type,
            "config": Descriptor.of(config_type, self.config_bytes()).to_json(),
            "layers": [layer.blob.to_json() for layer in self.layers],
        }
        return Manifest(self.manifest_type, media.to_json(document))

    @property
    def digest(self) -> str:
        """The digest of the manifest: the name of this image in every registry."""
        return self.manifest().digest

    def append(self, layers: Iterable[Layer], created_by: str = "pkgops") -> Image:
        """Return the image with layers on top, each with its entry in the history."""
        added = tuple(layers)
        history = list(self.config.get("history") or [])
        history += [{"created_by": created_by} for _ in added]
        return replace(self, config={**self.config, "history": history}, layers=self.layers + added)

    def configured(self, **settings: Any) -> Image:
        """Return the image with settings of its ``config`` replaced (``Env``, ``Labels``, ``User``...)."""
        return replace(self, config={**self.config, "config": {**self.config.get("config", {}), **settings}})

    def labelled(self, labels: Mapping[str, str]) -> Image:
        """Return the image with these labels added."""
        return self.configured(Labels=dict(sorted({**self.labels, **labels}.items())))

    def rebased(self, old_base: Image, new_base: Image) -> Image:
        """Return the image with the layers of its base replaced; its own settings are kept.

        Raises:
            BadContent: the image is not based on ``old_base``.
        """
        count = len(old_base.layers)
        if [layer.diff_id for layer in self.layers[:count]] != [layer.diff_id for layer in old_base.layers]:
            raise BadContent("the image is not based on the base that is to be replaced")
        history = list(self.config.get("history") or [])[len(old_base.config.get("history") or []) :]
        merged = {**self.config, "history": [*(new_base.config.get("history") or []), *history]}
        return replace(self, config=merged, layers=new_base.layers + self.layers[count:])


def empty_image(**settings: Any) -> Image:
    """Return an image without layers for this architecture; ``settings`` as in :meth:`Image.configured`."""
    return Image({"architecture": "amd64", "os": "linux", "config": settings, "history": []}, ())


def read_image(client: RegistryClient, ref: ImageRef) -> Image:
    """Read an image's manifest and configuration; layers are opened from the registry when needed.

    Of an index the image for linux/amd64 is read, as go-containerregistry does.

    Raises:
        NotFound: no such image, or none for linux/amd64 in the index.
        BadContent: not a manifest or configuration, or not of its digest.
        RegistryError: the registry refused or did not answer.
    """
    manifest = client.manifest(ref)
    if manifest.media_type.partition(";")[0] in media.INDEXES:
        ref = ref.at(_for_platform(manifest, ref))
        manifest = client.manifest(ref)
    document = _parse(manifest.content, ref)
    config = _parse(client.blob(ref, document["config"]["digest"]), ref)
    diff_ids = config.get("rootfs", {}).get("diff_ids", [])
    blobs = [Descriptor.from_json(layer) for layer in document["layers"]]
    if len(blobs) != len(diff_ids):
        raise BadContent(f"{ref}: {len(blobs)} layers, but {len(diff_ids)} diff_ids")
    layers = tuple(_remote(client, ref, blob, diff_id) for blob, diff_id in zip(blobs, diff_ids, strict=True))
    kept = {key: value for key, value in config.items() if key != "rootfs"}
    return Image(kept, layers, manifest.media_type.partition(";")[0])


def write_image(client: RegistryClient, image: Image, refs: Iterable[ImageRef]) -> str:
    """Store an image under each reference and return its digest; existing blobs are not sent.

    Raises:
        RegistryError: the registry refused or did not answer.
    """
    manifest = image.manifest()
    for ref in refs:
        for layer in image.layers:
            _store(client, ref, layer)
        content = image.config_bytes()
        config = Descriptor.of(media.DOCKER_CONFIG, content)
        if not client.has_blob(ref, config.digest):
            client.upload(ref, config, partial(io.BytesIO, content))
        client.put_manifest(ref, manifest)
    return manifest.digest


def copy_image(client: RegistryClient, source: ImageRef, targets: Iterable[ImageRef]) -> str:
    """Copy an image (or index) byte by byte and return its digest, which stays the same.

    Raises:
        BadContent: the source is no manifest.
        RegistryError: a registry refused or did not answer.
    """
    manifest = client.manifest(source)
    document = _parse(manifest.content, source)
    for target in targets:
        for entry in document.get("manifests", []):
            digest = str(entry["digest"])
            copy_image(client, source.at(digest), [target.at(digest)])
        for entry in filter(None, [document.get("config"), *document.get("layers", [])]):
            _store(client, target, _remote(client, source, Descriptor.from_json(entry), ""))
        client.put_manifest(target, manifest)
    return manifest.digest


def _store(client: RegistryClient, ref: ImageRef, layer: Layer) -> None:
    if client.has_blob(ref, layer.blob.digest):
        return
    location = ""
    if layer.origin and layer.origin.registry == ref.registry:
        location = client.mount(ref, layer.blob.digest, layer.origin.repository)
        if not location:
            return
    client.upload(ref, layer.blob, layer.open, location=location)


def _remote(client: RegistryClient, ref: ImageRef, blob: Descriptor, diff_id: str) -> Layer:
    def open_remote() -> IO[bytes]:
        return io.BufferedReader(IterReader(client.stream(ref, blob.digest)), 1 << 20)

    return Layer(blob, diff_id, open_remote, ref)


class IterReader(io.RawIOBase):
    """Reads the chunks of an iterator as one file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer from the next chunk."""
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _for_platform(index: Manifest, ref: ImageRef) -> str:
    for entry in _parse(index.content, ref).get("manifests", []):
        platform = entry.get("platform", {})
        if platform.get("os") == "linux" and platform.get("architecture") == "amd64":
            return str(entry["digest"])
    raise NotFound(f"{ref}: no image for linux/amd64 in this index")


def _parse(content: bytes, ref: ImageRef) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError as error:
        raise BadContent(f"{ref}: not JSON") from error
    if not isinstance(document, dict):
        raise BadContent(f"{ref}: not a JSON object")
    return document
