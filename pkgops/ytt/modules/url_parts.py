"""Parsing and formatting of URLs as Go's ``net/url`` does."""

from __future__ import annotations

import re
import urllib.parse

from pkgops.values import Value
from pkgops.ytt.starlark.bytestrings import decoded, encoded
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.text import quoted

_USER_SAFE = "$&+,;="
_PATH_SAFE = "$&+,/:;=@"
_FRAGMENT_SAFE = "$&+,/:;=?@!()*"
_HOST_SAFE = "!$&'()*+,;=:[]<>\""
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(.*)", re.DOTALL)
_ENCODED = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:@\[\]%/]*")
_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_PORT = re.compile(r"(?::[0-9]*)?")
_HOST_CHARACTER = re.compile(r"[^A-Za-z0-9\-_.~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff]")


class Url(Value, kw_only=True):
    """An address.

    Attributes:
        scheme: in lower case; empty if there is none.
        user, password, host: without escapes; None where they are absent.
        rest: path, query and fragment, or what follows the scheme, with escapes.
    """

    scheme: str
    user: str | None
    password: str | None
    host: str | None
    rest: str

    def userinfo(self) -> str:
        """User and password as encoded in the URL."""
        shown = urllib.parse.quote(encoded(self.user or ""), safe=_USER_SAFE)
        if self.password is not None:
            shown += ":" + urllib.parse.quote(encoded(self.password), safe=_USER_SAFE)
        return shown

    def text(self) -> str:
        """The address."""
        head = f"{self.scheme}:" if self.scheme else ""
        if self.host is not None:
            host = urllib.parse.quote(encoded(self.host), safe=_HOST_SAFE)
            head += "//" + (f"{self.userinfo()}@" if self.user is not None else "") + host
        return head + self.rest

    def hostname(self) -> str:
        """The host without its port."""
        host = self.host or ""
        if host.startswith("["):
            return host[1:].partition("]")[0]
        return host.partition(":")[0]


def unescape(value: str) -> str:
    """Replace ``%xx`` by bytes.

    Raises:
        StarlarkError: an escape is malformed.
    """
    bad = _BAD_ESCAPE.search(value)
    if bad is not None:
        raise StarlarkError(f"invalid URL escape {quoted(bad.group(0))}")
    return decoded(urllib.parse.unquote_to_bytes(encoded(value)))


def parse(given: str) -> Url:
    """Take an address apart.

    Raises:
        StarlarkError: it is malformed.
    """
    try:
        return _parse(given)
    except StarlarkError as error:
        raise StarlarkError(f"parse {quoted(given)}: {error.message}") from None


def _parse(given: str) -> Url:
    if any(ord(char) < 0x20 or char == "\x7f" for char in given):
        raise StarlarkError("net/url: invalid control character in URL")
    if given.startswith(":"):
        raise StarlarkError("missing protocol scheme")
    front, _, fragment = given.partition("#")
    found = _SCHEME.fullmatch(front)
    scheme, front = (found[1].lower(), found[2]) if found else ("", front)
    path, mark, query = front.partition("?")
    tail = mark + query + ("#" + _escaped(fragment, _FRAGMENT_SAFE) if fragment else "")
    if not path.startswith("/"):
        if scheme:
            return Url(scheme=scheme, user=None, password=None, host=None, rest=path + tail)
        if ":" in path.partition("/")[0]:
            raise StarlarkError("first path segment in URL cannot contain colon")
    user = password = host = None
    if path.startswith("//"):
        authority, slash, path = path[2:].partition("/")
        user, password, host = _authority(authority)
        path = slash + path
    return Url(scheme=scheme, user=user, password=password, host=host, rest=_escaped(path, _PATH_SAFE) + tail)


def _escaped(part: str, safe: str) -> str:
    """Return a part of an address with escapes; one that is well-formed stays as it is."""
    plain = unescape(part)
    return part if _ENCODED.fullmatch(part) else urllib.parse.quote(encoded(plain), safe=safe)


def _authority(authority: str) -> tuple[str | None, str | None, str]:
    userinfo, at, host = authority.rpartition("@")
    host = _host(host)
    if not at:
        return None, None, host
    if not _USERINFO.fullmatch(userinfo):
        raise StarlarkError("net/url: invalid userinfo")
    name, colon, secret = userinfo.partition(":")
    return unescape(name), unescape(secret) if colon else None, host


def _host(host: str) -> str:
    if host.startswith("["):
        end = host.rfind("]")
        if end < 0:
            raise StarlarkError("missing ']' in host")
        port = host[end + 1 :]
    else:
        colon = host.rfind(":")
        port = host[colon:] if colon >= 0 else ""
    if not _PORT.fullmatch(port):
        raise StarlarkError(f"invalid port {quoted(port)} after host")
    bad = _HOST_CHARACTER.search(host)
    if bad is not None:
        raise StarlarkError(f"invalid character {quoted(bad.group(0))} in host name")
    return unescape(host)
