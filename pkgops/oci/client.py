"""A client for the distribution API (registries): manifests, blobs, tags.

``oras`` and its like were considered: they depend on requests and jsonschema, which the images made on this
machine do not contain; with urllib3 for connections and retries the API is small.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import IO

from urllib3.exceptions import HTTPError

from pkgops.oci import media
from pkgops.oci.auth import ANONYMOUS, Keychain
from pkgops.oci.errors import BadContent, NotFound, RegistryError, RegistryUnreachable
from pkgops.oci.media import Descriptor, Manifest
from pkgops.oci.reference import ImageRef
from pkgops.oci.session import Session

_CHUNK = 1 << 20


class RegistryClient:
    """A client for any number of registries; thread-safe; it keeps connections and tokens.

    Every method raises :class:`RegistryUnreachable`, :class:`RegistryUnauthorized`,
    :class:`RegistryDenied`, :class:`NotFound` or plain :class:`RegistryError`.
    """

    def __init__(
        self,
        keychain: Keychain = ANONYMOUS,
        *,
        insecure: bool = False,
        verify: bool = True,
        ca_certs: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Create a client.

        Args:
            keychain: credentials by repository.
            insecure: plain http for every registry.
            verify: check certificates.
            ca_certs: a file of certificates to trust in addition; None for the system's only.
            timeout: seconds to connect and between two parts of a response; uploads have longer.
        """
        self._session = Session(
            keychain, insecure=insecure, verify=verify, ca_certs=ca_certs, timeout=timeout
        )
        self._call = self._session.call

    def manifest(self, ref: ImageRef) -> Manifest:
        """Return the manifest or index of a reference, checked against the digest where it has one.

        Raises:
            NotFound: there is none.
            BadContent: the registry sent another one than the digest names.
            RegistryError: the registry refused or did not answer.
        """
        response = self._call("GET", ref, f"manifests/{ref.identifier}", headers={"Accept": media.ACCEPT})
        manifest = Manifest(response.headers.get("Content-Type", media.DOCKER_MANIFEST), response.data)
        if ref.digest and manifest.digest != ref.digest:
            raise BadContent(f"{ref}: the registry sent {manifest.digest}")
        return manifest

    def digest(self, ref: ImageRef) -> str:
        """Return the digest that a reference has now.

        Raises:
            NotFound: there is none.
            RegistryError: the registry refused or did not answer.
        """
        path = f"manifests/{ref.identifier}"
        try:
            response = self._call("HEAD", ref, path, headers={"Accept": media.ACCEPT})
        except RegistryUnreachable:
            raise
        except RegistryError:
            # A response to HEAD has no body; that of GET has the error.
            return self.manifest(ref).digest
        return response.headers.get("Docker-Content-Digest") or self.manifest(ref).digest

    def exists(self, ref: ImageRef) -> bool:
        """Return whether the registry has the reference."""
        try:
            self.digest(ref)
        except NotFound:
            return False
        return True

    def put_manifest(self, ref: ImageRef, manifest: Manifest) -> str:
        """Store a manifest under the reference's tag (or digest) and return its digest."""
        headers = {"Content-Type": manifest.media_type}
        self._call("PUT", ref, f"manifests/{ref.identifier}", body=manifest.content, headers=headers)
        return manifest.digest

    def tags(self, ref: ImageRef) -> list[str]:
        """Return all tags of the repository, following the registry's pages."""
        path, names = "tags/list?n=1000", list[str]()
        while path:
            response = self._call("GET", ref, path)
            names += response.json().get("tags") or []
            path = _next_page(response.headers.get("Link", ""))
        return names

    def has_blob(self, ref: ImageRef, digest: str) -> bool:
        """Return whether the repository has a blob."""
        try:
            self._call("HEAD", ref, f"blobs/{digest}")
        except NotFound:
            return False
        return True

    def blob(self, ref: ImageRef, digest: str) -> bytes:
        """Return a small blob (an image's configuration) whole."""
        return b"".join(self.stream(ref, digest))

    def stream(self, ref: ImageRef, digest: str) -> Iterator[bytes]:
        """Yield a blob in chunks; raises :class:`BadContent` at the end when the digest is not right."""
        response = self._call("GET", ref, f"blobs/{digest}", preload=False)
        hasher = hashlib.sha256()
        try:
            for piece in response.stream(_CHUNK, decode_content=False):
                hasher.update(piece)
                yield piece
        except HTTPError as error:
            raise RegistryUnreachable(f"GET {ref.name} {digest}: {error}") from error
        finally:
            response.release_conn()
        if f"sha256:{hasher.hexdigest()}" != digest:
            raise BadContent(f"{ref.name}: blob {digest} is corrupt")

    def mount(self, ref: ImageRef, digest: str, source: str) -> str:
        """Mount a blob of another repository; return "" when done, else the URL to upload it to."""
        return self._start(ref, f"blobs/uploads/?mount={digest}&from={source}")

    def upload(
        self,
        ref: ImageRef,
        blob: Descriptor,
        open_blob: Callable[[], IO[bytes]],
        *,
        location: str = "",
        chunk: int = 0,
    ) -> None:
        """Store a blob in the repository.

        Args:
            ref: the repository.
            blob: what is stored.
            open_blob: opens the content at its beginning; called again for a retry.
            location: an upload that :meth:`mount` has begun.
            chunk: size of a chunk in bytes; 0 for one request.
        """
        where = location or self._start(ref, "blobs/uploads/")
        if not where:
            return
        with open_blob() as content:
            where = self._send(ref, where, content, blob.size, chunk) if chunk else where
            self._finish(ref, where, blob, None if chunk else content)

    def check_push(self, ref: ImageRef) -> None:
        """Start an upload and cancel it; raises the errors of a push.

        Source: go-containerregistry's ``remote.CheckPushPermission``.
        """
        location = self._start(ref, "blobs/uploads/")
        if location:
            with contextlib.suppress(RegistryError):
                self._call("DELETE", ref, location)

    def delete_manifest(self, ref: ImageRef) -> None:
        """Remove the manifest that a reference has now (registries may forbid it)."""
        self._call("DELETE", ref, f"manifests/{ref.digest or self.digest(ref)}")

    def _start(self, ref: ImageRef, path: str) -> str:
        response = self._call("POST", ref, path, headers={"Content-Length": "0"})
        return "" if response.status == 201 else self._session.absolute(ref, response.headers["Location"])

    def _send(self, ref: ImageRef, where: str, content: IO[bytes], size: int, chunk: int) -> str:
        for start in range(0, size, chunk):
            piece = content.read(chunk)
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{start}-{start + len(piece) - 1}",
            }
            response = self._call("PATCH", ref, where, body=piece, headers=headers)
            where = self._session.absolute(ref, response.headers["Location"])
        return where

    def _finish(self, ref: ImageRef, where: str, blob: Descriptor, content: IO[bytes] | None) -> None:
        url = f"{where}{'&' if '?' in where else '?'}digest={blob.digest}"
        size = blob.size if content else 0
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._call("PUT", ref, url, body=content, headers=headers)


def _next_page(link: str) -> str:
    """Return the path of the next page from a ``Link`` header (RFC 5988), or ""."""
    return link[link.index("<") + 1 : link.index(">")] if 'rel="next"' in link and "<" in link else ""
