"""An API server and how to talk to it, and the error where it does not answer."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from pkgops.kube.errors import Unreachable
from pkgops.kube.renewal import Renewal
from pkgops.values import Value, made


def _no_token() -> None:
    return None


class Endpoint(Value, kw_only=True):
    """An API server and how to talk to it.

    Attributes:
        server: the base URL, without a trailing slash.
        name: its name in messages: the context name.
        tls: the TLS context, with CA and client certificate loaded; None for plain http.
        token: returns the current bearer token, or None where a certificate is used.
        headers: sent with every request (impersonation).
        basic: the credentials of a user with a password, as HTTP's basic authentication has them.
        proxy: the URL of an HTTP or SOCKS proxy on the way; empty: none.
        server_name: what the server's certificate is for, where that is not the URL's host.
        renewal: gets another credential where this one changes or was refused.
    """

    server: str
    name: str
    tls: ssl.SSLContext | None = None
    token: Callable[[], str | None] = _no_token
    headers: tuple[tuple[str, str], ...] = ()
    basic: str = ""
    proxy: str = ""
    server_name: str = ""
    renewal: Renewal = made(default_factory=Renewal)


def unreachable(endpoint: Endpoint, error: Exception) -> Unreachable:
    """Return the error for a server that did not answer, with the system's error message as its cause."""
    system_message = error.strerror if isinstance(error, OSError) else ""
    failure = Unreachable(
        f"cannot reach the API server of {endpoint.name} at {endpoint.server}",
        why=system_message or str(error) or type(error).__name__,
        next="check that the cluster runs and that this machine reaches it (local cluster: pkgops local up)",
    )
    failure.temporary = not isinstance(error, ssl.SSLCertVerificationError)
    return failure
