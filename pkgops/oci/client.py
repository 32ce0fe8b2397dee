"""A client for the distribution API (registries): manifests, blobs, tags.

``oras`` and its like were considered: they bring requests and jsonschema, which the images made on
this machine cannot carry; urllib3 is needed anyway and the API is small.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from pkgops.oci import media
from pkgops.oci.auth import ANONYMOUS, Keychain
from pkgops.oci.errors import BadContent, NotFound, RegistryError, RegistryUnreachable, answer_error
from pkgops.oci.media import Descriptor
from pkgops.oci.reference import ImageRef
from pkgops.oci.token import Challenge, authorization

_CHUNK = 1 << 20
_OBJECT = re.compile(r"^(<[^>]*>|HTTPS?Connection(Pool)?\([^)]*\)): ")
_Response = urllib3.BaseHTTPResponse


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index as the registry keeps it: the bytes decide the digest."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        """The digest of the bytes."""
        return media.sha256(self.content)


class RegistryClient:
    """Talks to any number of registries; thread-safe; keeps connections and tokens.

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
        """Make a client.

        Args:
            keychain: credentials by repository.
            insecure: plain http for every registry.
            verify: check certificates.
            ca_certs: a file of certificates to trust besides; None for the system's.
            timeout: seconds to connect and between two pieces of an answer.
        """
        self._keychain = keychain
        self._insecure = insecure
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._pool = urllib3.PoolManager(
            ssl_context=_tls(verify, ca_certs),
            timeout=urllib3.Timeout(connect=min(timeout, 10.0), read=timeout),
            # A registry on a busy disk may be silent for longer than the timeout; asking again is harmless.
            retries=urllib3.Retry(
                total=4, connect=1, read=2, redirect=5, status=0, allowed_methods=("GET", "HEAD")
            ),
            maxsize=8,
        )

    def manifest(self, ref: ImageRef) -> Manifest:
        """Return the manifest or index of a reference, checked against the digest where it has one.

        Raises:
            NotFound: there is none.
            BadContent: the registry sent another one than the digest names.
            RegistryError: the registry refused or did not answer.
        """
        response = self._call("GET", ref, f"manifests/{ref.identifier}", headers={"Accept": media.ACCEPT})
        found = Manifest(response.headers.get("Content-Type", media.DOCKER_MANIFEST), response.data)
        if ref.digest and found.digest != ref.digest:
            raise BadContent(f"{ref}: the registry sent {found.digest}")
        return found

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
            # An answer to HEAD has no body; GET's says what is wrong.
            return self.manifest(ref).digest
        return response.headers.get("Docker-Content-Digest") or self.manifest(ref).digest

    def exists(self, ref: ImageRef) -> bool:
        """Tell whether the registry has the reference."""
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
        path, found = "tags/list?n=1000", list[str]()
        while path:
            response = self._call("GET", ref, path)
            found += response.json().get("tags") or []
            path = _next_page(response.headers.get("Link", ""))
        return found

    def has_blob(self, ref: ImageRef, digest: str) -> bool:
        """Tell whether the repository has a blob."""
        try:
            self._call("HEAD", ref, f"blobs/{digest}")
        except NotFound:
            return False
        return True

    def blob(self, ref: ImageRef, digest: str) -> bytes:
        """Return a small blob (an image's configuration) whole."""
        return b"".join(self.stream(ref, digest))

    def stream(self, ref: ImageRef, digest: str) -> Iterator[bytes]:
        """Yield a blob in pieces; raises :class:`BadContent` at the end when the digest is not right."""
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
            raise BadContent(f"{ref.name}: blob {digest} came damaged")

    def mount(self, ref: ImageRef, digest: str, source: str) -> str:
        """Ask for a blob of another repository; return "" when done, else where to upload it."""
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
            open_blob: opens the content at its beginning; called again for another try.
            location: an upload that :meth:`mount` has begun.
            chunk: size of a piece in bytes; 0 for all in one request.
        """
        where = location or self._start(ref, "blobs/uploads/")
        if not where:
            return
        with open_blob() as content:
            where = self._send(ref, where, content, blob.size, chunk) if chunk else where
            self._finish(ref, where, blob, None if chunk else content)

    def check_push(self, ref: ImageRef) -> None:
        """Begin an upload and give it up again; raises what a push would.

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
        return "" if response.status == 201 else self._absolute(ref, response.headers["Location"])

    def _send(self, ref: ImageRef, where: str, content: IO[bytes], size: int, chunk: int) -> str:
        for start in range(0, size, chunk):
            piece = content.read(chunk)
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Range": f"{start}-{start + len(piece) - 1}",
            }
            response = self._call("PATCH", ref, where, body=piece, headers=headers)
            where = self._absolute(ref, response.headers["Location"])
        return where

    def _finish(self, ref: ImageRef, where: str, blob: Descriptor, content: IO[bytes] | None) -> None:
        url = f"{where}{'&' if '?' in where else '?'}digest={blob.digest}"
        size = blob.size if content else 0
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._call("PUT", ref, url, body=content, headers=headers)

    def _absolute(self, ref: ImageRef, location: str) -> str:
        return urljoin(self._base(ref), location)

    def _base(self, ref: ImageRef) -> str:
        host = "registry-1.docker.io" if ref.registry == "index.docker.io" else ref.registry
        return f"{'http' if self._insecure else ref.scheme}://{host}/v2/{ref.repository}/"

    def _call(
        self,
        method: str,
        ref: ImageRef,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        preload: bool = True,
    ) -> _Response:
        url = self._absolute(ref, path)
        scope = f"repository:{ref.repository}:{'pull' if method in ('GET', 'HEAD') else 'pull,push'}"
        response = self._send_once(method, url, ref, scope, headers or {}, body, preload)
        if response.status == 401 and self._answer_challenge(ref, scope, response):
            if body is not None and not isinstance(body, bytes):
                body.seek(0)
            response = self._send_once(method, url, ref, scope, headers or {}, body, preload)
        if response.status >= 400:
            raise answer_error(method, url, response.status, response.data)
        return response

    def _send_once(
        self,
        method: str,
        url: str,
        ref: ImageRef,
        scope: str,
        headers: Mapping[str, str],
        body: bytes | IO[bytes] | None,
        preload: bool,
    ) -> _Response:
        with self._lock:
            token = self._tokens.get((ref.registry, scope), "")
        # An upload may be sent on to another host (a storage service): that one gets no credentials.
        same_host = urlsplit(url).netloc == urlsplit(self._base(ref)).netloc
        sent = {**headers, **({"Authorization": token} if token and same_host else {})}
        try:
            return self._pool.request(method, url, headers=sent, body=body, preload_content=preload)
        except HTTPError as error:
            raise unreachable(method, url, error) from error

    def _answer_challenge(self, ref: ImageRef, scope: str, response: _Response) -> bool:
        challenge = Challenge.parse(response.headers.get("WWW-Authenticate", ""))
        try:
            header = authorization(self._pool, challenge, scope, self._keychain.find(ref))
        except HTTPError as error:
            raise unreachable("GET", challenge.parameters.get("realm", ref.registry), error) from error
        key = (ref.registry, scope)
        with self._lock:
            if not header or self._tokens.get(key) == header:
                return False
            self._tokens[key] = header
        response.drain_conn()
        return True


def _tls(verify: bool, ca_certs: str | None) -> ssl.SSLContext | None:
    """Return the rules for https; None for urllib3's own: the system's certificates."""
    if verify and not ca_certs:
        return None
    context = ssl.create_default_context()
    if ca_certs:
        context.load_verify_locations(ca_certs)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def unreachable(method: str, url: str, error: HTTPError) -> RegistryUnreachable:
    """Explain why there was no answer, in one line without urllib3's object names."""
    reason: Any = getattr(error, "reason", None) or error
    text = _OBJECT.sub("", str(reason))
    return RegistryUnreachable(
        f"{method} {url}: {text}", next="check the registry's address, and that it can be reached from here"
    )


def _next_page(link: str) -> str:
    """Return the path of the next page from a ``Link`` header (RFC 5988), or ""."""
    return link[link.index("<") + 1 : link.index(">")] if 'rel="next"' in link and "<" in link else ""
