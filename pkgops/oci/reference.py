"""Image references, parsed and printed like go-containerregistry's ``name`` package."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from pkgops.oci.errors import BadReference

DEFAULT_REGISTRY = "index.docker.io"
_DOCKER_HUB = {"docker.io", DEFAULT_REGISTRY}
_REPOSITORY = re.compile(r"[a-z0-9_\-./]{2,255}")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REGISTRY = re.compile(r"[A-Za-z0-9.\-_]+(:[0-9]+)?|\[[0-9a-fA-F:]+\](:[0-9]+)?")
_LOCAL_NAME = re.compile(r".*\.local(?:host)?(?::\d{1,5})?$")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image in one registry.

    Attributes:
        registry: host and port; Docker Hub is always ``index.docker.io``.
        repository: the path in the registry; Docker Hub's official images have ``library/``.
        tag: empty when none was written.
        digest: ``sha256:...`` or empty. Where both are given the digest decides.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """Parse a reference; a missing registry means Docker Hub.

        Raises:
            BadReference: not a reference.
        """
        rest, _, digest = text.partition("@")
        if "@" in text and not _DIGEST.fullmatch(digest):
            raise _bad(text, "the part after @ must be sha256: and 64 hexadecimal digits")
        rest, tag = _split_tag(rest)
        if tag and not _TAG.fullmatch(tag):
            raise _bad(text, f"'{tag}' is not a tag")
        registry, repository = _split_registry(rest)
        if not _REGISTRY.fullmatch(registry):
            raise _bad(text, f"'{registry}' is not a registry")
        # The text as written is validated, without ``library/`` of Docker Hub's official images.
        written = repository if "library/" in rest else repository.removeprefix("library/")
        if not _REPOSITORY.fullmatch(written) or "" in repository.split("/"):
            raise _bad(text, "a repository has lower case letters, digits and _ - . / only")
        return cls(registry, repository, tag, digest)

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def identifier(self) -> str:
        """The identifier for requests: the digest if there is one, else the tag, else ``latest``."""
        return self.digest or self.tag or "latest"

    @property
    def scheme(self) -> str:
        """``http`` for registries on this machine or a private network, as go-containerregistry does."""
        return "http" if is_plain_http(self.registry) else "https"

    def at(self, digest: str) -> ImageRef:
        """Return the digest reference ``registry/repository@digest``."""
        return replace(self, tag="", digest=digest)

    def tagged(self, tag: str) -> ImageRef:
        """Return the same repository with this tag and without a digest."""
        return replace(self, tag=tag, digest="")

    def __str__(self) -> str:
        """Return the whole reference, with the registry written out."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"


def is_plain_http(registry: str) -> bool:
    """Return whether go-containerregistry would use plain http for this registry.

    Source: ``pkg/name/registry.go``: RFC 1918 addresses, loopback, ``localhost`` and ``*.local``.
    """
    if registry.startswith("localhost:") or registry == "localhost" or _LOCAL_NAME.match(registry):
        return True
    host = registry.rpartition(":")[0] if re.search(r":\d+$", registry) else registry
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return address.is_loopback or any(address in net for net in _RFC1918 if address.version == 4)


_RFC1918 = [ipaddress.ip_network(net) for net in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def _split_tag(text: str) -> tuple[str, str]:
    head, colon, tail = text.rpartition(":")
    return (head, tail) if colon and "/" not in tail else (text, "")


def _split_registry(text: str) -> tuple[str, str]:
    first, slash, rest = text.partition("/")
    if not slash or not ("." in first or ":" in first or first == "localhost"):
        first, rest = DEFAULT_REGISTRY, text
    if first in _DOCKER_HUB:
        return DEFAULT_REGISTRY, rest if "/" in rest else f"library/{rest}"
    return first, rest


def _bad(text: str, why: str) -> BadReference:
    return BadReference(f"'{text}' is not an image reference", why=why, next="write registry/name:tag")
