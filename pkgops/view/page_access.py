"""Access control of a page's server. Pure.

A request must have the token in its path and this server in its Host header (which prevents DNS rebinding),
and may not come from another site's page. All requests but those for the pages themselves also need the
cookie that a page was served with, which a browser does not send with other sites' requests.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

HOST = "127.0.0.1"
COOKIE = "pkgops"


@dataclass(frozen=True, slots=True)
class Access:
    """The address of one server, and the check of its requests."""

    token: str
    port: int

    @property
    def path(self) -> str:
        """The path of the page; all others are below it."""
        return f"/{self.token}/"

    @property
    def address(self) -> str:
        """The address to open; it contains the token."""
        return f"http://{HOST}:{self.port}{self.path}"

    @property
    def secret(self) -> str:
        """The value of the cookie: the same after a restart with the same token."""
        return hashlib.sha256(f"cookie of {self.token}".encode()).hexdigest()

    @property
    def cookie(self) -> str:
        """The value of the Set-Cookie header."""
        return f"{COOKIE}={self.secret}; Path={self.path}; HttpOnly; SameSite=Strict"

    def allows(self, method: str, path: str, headers: Mapping[str, str]) -> bool:
        """Return whether a request is allowed; names of headers are in lower case."""
        hosts = {f"{name}:{self.port}" for name in (HOST, "localhost")}
        own = {f"http://{host}" for host in hosts}
        origin = headers.get("origin")
        reading = method in ("GET", "HEAD")
        # A browser sends the Origin header with every request that may change something.
        same_site = origin in own or (origin is None and reading)
        first = path.split("/")[1] if path.startswith("/") else ""
        known = secrets.compare_digest(first.encode("utf-8", "replace"), self.token.encode())
        # Only the paths of pages end like this.
        page = reading and path.endswith("/")
        return known and same_site and headers.get("host") in hosts and (page or self._has_cookie(headers))

    def _has_cookie(self, headers: Mapping[str, str]) -> bool:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and secrets.compare_digest(found.value.encode(), self.secret.encode())
