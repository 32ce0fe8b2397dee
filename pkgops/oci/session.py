"""HTTP requests to registries: connections, tokens, challenges, and errors with the registry's message."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from pkgops.oci.auth import Keychain
from pkgops.oci.errors import RegistryUnreachable, answer_error
from pkgops.oci.reference import ImageRef
from pkgops.oci.token import Challenge, authorization

Response = urllib3.BaseHTTPResponse
SILENT_SECONDS = 300.0
"""How long a registry may accept no data, or not respond at the end, while it stores an upload."""
# urllib3 uses the connect timeout also for each chunk that is sent. Uploads follow another request on the
# same connection, so that an unreachable registry is still detected soon.
_SENDING = urllib3.Timeout(connect=SILENT_SECONDS, read=SILENT_SECONDS)
_OBJECT = re.compile(r"^(<[^>]*>|HTTPS?Connection(Pool)?\([^)]*\)): ")


class Session:
    """Sends requests to any number of registries; thread-safe; it keeps connections and tokens."""

    def __init__(
        self,
        keychain: Keychain,
        *,
        insecure: bool,
        verify: bool,
        ca_certs: str | None,
        timeout: float,
    ) -> None:
        """Create a session; the arguments are those of :class:`pkgops.oci.client.RegistryClient`."""
        self._keychain = keychain
        self._insecure = insecure
        self._tokens: dict[tuple[str, str], str] = {}
        self._lock = threading.Lock()
        self._asking = urllib3.Timeout(connect=min(timeout, 10.0), read=timeout)
        self._pool = urllib3.PoolManager(
            ssl_context=_tls(verify, ca_certs),
            timeout=self._asking,
            # A registry on a busy disk may not answer within the timeout; a retry is harmless.
            retries=urllib3.Retry(
                total=4, connect=1, read=2, redirect=5, status=0, allowed_methods=("GET", "HEAD")
            ),
            maxsize=8,
        )

    def call(
        self,
        method: str,
        ref: ImageRef,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | IO[bytes] | None = None,
        preload: bool = True,
    ) -> Response:
        """Send a request, with the authorization that the registry requires, and return its response.

        Args:
            method: of HTTP.
            ref: which repository of which registry; also the scope of its token.
            path: below the repository's address, or a whole URL that the registry gave.
            headers: in addition to those for authorization.
            body: bytes, or a file that is read from its beginning.
            preload: whether the whole response is read; otherwise the caller reads and releases it.

        Raises:
            RegistryError: it refused (one class for each kind of refusal), or did not answer.
        """
        url = self.absolute(ref, path)
        scope = f"repository:{ref.repository}:{'pull' if method in ('GET', 'HEAD') else 'pull,push'}"
        response = self._send_once(method, url, ref, scope, headers or {}, body, preload)
        if response.status == 401 and self._answer_challenge(ref, scope, response):
            if body is not None and not isinstance(body, bytes):
                body.seek(0)
            response = self._send_once(method, url, ref, scope, headers or {}, body, preload)
        if response.status >= 400:
            raise answer_error(method, url, response.status, response.data)
        return response

    def absolute(self, ref: ImageRef, location: str) -> str:
        """Return the URL of a path below a repository's address; a whole URL is returned unchanged."""
        return urljoin(self._base(ref), location)

    def _base(self, ref: ImageRef) -> str:
        host = "registry-1.docker.io" if ref.registry == "index.docker.io" else ref.registry
        return f"{'http' if self._insecure else ref.scheme}://{host}/v2/{ref.repository}/"

    def _send_once(
        self,
        method: str,
        url: str,
        ref: ImageRef,
        scope: str,
        headers: Mapping[str, str],
        body: bytes | IO[bytes] | None,
        preload: bool,
    ) -> Response:
        with self._lock:
            token = self._tokens.get((ref.registry, scope), "")
        # An upload may be redirected to another host (a storage service), which gets no credentials.
        same_host = urlsplit(url).netloc == urlsplit(self._base(ref)).netloc
        sent = {**headers, **({"Authorization": token} if token and same_host else {})}
        try:
            limit = self._asking if body is None else _SENDING
            return self._pool.request(
                method, url, headers=sent, body=body, preload_content=preload, timeout=limit
            )
        except HTTPError as error:
            raise unreachable(method, url, error) from error

    def _answer_challenge(self, ref: ImageRef, scope: str, response: Response) -> bool:
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
    """Return the TLS context; None for urllib3's default: the system's certificates."""
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
    """Return the error for a missing response, in one line without urllib3's object names.

    The query is left out: it may be a registry's state of an upload.
    """
    reason: Any = getattr(error, "reason", None) or error
    text = _OBJECT.sub("", str(reason))
    return RegistryUnreachable(
        f"{method} {url.partition('?')[0]}: {text}",
        next="check the registry's address, and that it can be reached from here",
    )
