"""Who may ask the server of a page. Pure.

A request must have the token in the address, must have asked for this very host (another site's name that
was bound to the loopback address is another host), and may not come from another site's page. All but the
pages themselves also needs the cookie that a page was served with, which a browser sends for no other site's
requests.
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
    """The address of one server, and who may ask it."""

    token: str
    port: int

    @property
    def path(self) -> str:
        """The path of the page; all others are below it."""
        return f"/{self.token}/"

    @property
    def address(self) -> str:
        """The address to open; whoever has it may read."""
        return f"http://{HOST}:{self.port}{self.path}"

    @property
    def secret(self) -> str:
        """The value of the cookie: the same after a restart with the same token."""
        return hashlib.sha256(f"cookie of {self.token}".encode()).hexdigest()

    @property
    def cookie(self) -> str:
        """The header that gives the cookie to a browser."""
        return f"{COOKIE}={self.secret}; Path={self.path}; HttpOnly; SameSite=Strict"

    def allows(self, method: str, path: str, headers: Mapping[str, str]) -> bool:
        """Tell whether a request is answered; names of headers are in small letters."""
        hosts = {f"{name}:{self.port}" for name in (HOST, "localhost")}
        own = {f"http://{host}" for host in hosts}
        origin = headers.get("origin")
        reading = method in ("GET", "HEAD")
        # A browser names the origin of every request that may change something.
        same_site = origin in own or (origin is None and reading)
        first = path.split("/")[1] if path.startswith("/") else ""
        known = secrets.compare_digest(first.encode("utf-8", "replace"), self.token.encode())
        # The paths of pages end like this, and those of nothing else.
        page = reading and path.endswith("/")
        return known and same_site and headers.get("host") in hosts and (page or self._has_cookie(headers))

    def _has_cookie(self, headers: Mapping[str, str]) -> bool:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
        except CookieError:
            return False
        return found is not None and secrets.compare_digest(found.value.encode(), self.secret.encode())
