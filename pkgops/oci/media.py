"""Media types, descriptors, digests and the JSON that is hashed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"

MANIFESTS = (DOCKER_MANIFEST, OCI_MANIFEST)
INDEXES = (DOCKER_INDEX, OCI_INDEX)
ACCEPT = ", ".join((*MANIFESTS, *INDEXES))


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A descriptor of a blob in a manifest: its type, digest (``sha256:...``) and size in bytes."""

    media_type: str
    digest: str
    size: int

    @classmethod
    def of(cls, media_type: str, content: bytes) -> Descriptor:
        """Return the descriptor of content."""
        return cls(media_type, sha256(content), len(content))

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Descriptor:
        """Read a descriptor of a manifest."""
        return cls(str(value["mediaType"]), str(value["digest"]), int(value["size"]))

    def to_json(self) -> dict[str, Any]:
        """Return the descriptor as JSON values."""
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index as the registry stores it: the digest is that of the bytes."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """The digest of the bytes."""
        return sha256(self.content)


def sha256(content: bytes) -> str:
    """Return the digest of content, with its algorithm."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def to_json(value: Any) -> bytes:
    """Return compact JSON with the keys in their order: the same value has the same digest."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
