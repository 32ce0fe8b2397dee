"""``@ytt:url``."""

from __future__ import annotations

import re
import urllib.parse
from typing import Any

from pkgops.ytt.convert import from_host, to_host
from pkgops.ytt.modules.support import Args, Function, Kwargs, ModuleContext, builtin, module, one, text
from pkgops.ytt.records import Record
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.tree.convert import to_plain
from pkgops.ytt.values import Opaque

_PATH_SAFE = "$&+=:@"
_USER_SAFE = "$&+,;="
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}", re.DOTALL)
_GO_KINDS: dict[type, str] = {
    str: "string", int: "int64", float: "float64", bool: "bool", type(None): "<nil>",
    dict: "*orderedmap.Map", list: "[]interface {}",
}  # fmt: skip
_URL = re.compile(
    r"(?:(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*):)?(?://(?P<authority>[^/?#]*))?"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    functions: dict[str, Function] = {
        "path_segment_encode": lambda args, kwargs: urllib.parse.quote(_bytes(one(args)), safe=_PATH_SAFE),
        "path_segment_decode": lambda args, kwargs: _unescape(text(one(args))),
        "query_param_value_encode": lambda args, kwargs: urllib.parse.quote_plus(_bytes(one(args)), safe=""),
        "query_param_value_decode": lambda args, kwargs: _unescape(text(one(args)).replace("+", " ")),
        "query_params_encode": _query_params_encode,
        "query_params_decode": _query_params_decode,
        "parse": _parse,
    }
    return module(name, functions)


def _bytes(value: Any) -> bytes:
    return text(value).encode("utf-8", "surrogateescape")


def _unescape(value: str) -> str:
    bad = _BAD_ESCAPE.search(value)
    if bad is not None:
        raise StarlarkError(f'invalid URL escape "{bad.group(0)}"')
    return urllib.parse.unquote_to_bytes(value).decode("utf-8", "surrogateescape")


def _kind(value: Any) -> str:
    return _GO_KINDS.get(type(value), type(value).__name__)


def _query_params_encode(args: Args, kwargs: Kwargs) -> str:
    given = to_plain(to_host(one(args)))
    if not isinstance(given, dict):
        raise StarlarkError(f"expected argument to be a map, but was {_kind(given)}")
    pairs: list[tuple[str, bytes]] = []
    for key, values in given.items():
        if not isinstance(key, str):
            raise StarlarkError(f"expected map key to be string, but was {_kind(key)}")
        if not isinstance(values, list):
            raise StarlarkError(f"expected map value to be array, but was {_kind(values)}")
        for value in values:
            if not isinstance(value, str):
                raise StarlarkError(f"expected array value to be string, but was {_kind(value)}")
            pairs.append((key, value.encode("utf-8", "surrogateescape")))
    return urllib.parse.urlencode(sorted(pairs, key=lambda pair: pair[0]))


def _query_params_decode(args: Args, kwargs: Kwargs) -> Any:
    found: dict[str, list[str]] = {}
    for pair in text(one(args)).replace(";", "&").split("&"):
        if pair:
            key, _, value = pair.replace("+", " ").partition("=")
            found.setdefault(_unescape(key), []).append(_unescape(value))
    return from_host({key: found[key] for key in sorted(found)})


class _Url(Record, frozen=True):
    scheme: str
    user: str | None
    password: str | None
    host: str | None
    rest: str

    def userinfo(self) -> str:
        shown = urllib.parse.quote(self.user or "", safe=_USER_SAFE)
        if self.password is not None:
            shown += ":" + urllib.parse.quote(self.password, safe=_USER_SAFE)
        return shown

    def text(self) -> str:
        head = f"{self.scheme}:" if self.scheme else ""
        if self.host is not None:
            head += "//" + (f"{self.userinfo()}@" if self.user is not None else "") + self.host
        return head + self.rest

    def hostname(self) -> str:
        host = self.host or ""
        if host.startswith("["):
            return host[1:].partition("]")[0]
        return host.partition(":")[0]


def _parse(args: Args, kwargs: Kwargs) -> Opaque:
    given = text(one(args))
    problem = _problem(given)
    if problem:
        raise StarlarkError(f'parse "{given}": {problem}')
    match = _URL.fullmatch(given)
    if match is None:
        raise StarlarkError(f'parse "{given}": invalid URL')
    user = password = host = None
    if match["authority"] is not None:
        userinfo, at, host = match["authority"].rpartition("@")
        if at:
            name, colon, secret = userinfo.partition(":")
            user, password = _unescape(name), _unescape(secret) if colon else None
    rest = match["path"].replace(" ", "%20") + (match["query"] or "") + (match["fragment"] or "")
    return _url_value(_Url((match["scheme"] or "").lower(), user, password, host, rest))


def _problem(given: str) -> str:
    if any(ord(char) < 0x20 or char == "\x7f" for char in given):
        return "net/url: invalid control character in URL"
    if given.startswith(":"):
        return "missing protocol scheme"
    bad = _BAD_ESCAPE.search(given.partition("?")[0])
    return f'invalid URL escape "{bad.group(0)}"' if bad else ""


def _constant(name: str, value: Any) -> Any:
    def run(args: Args, kwargs: Kwargs) -> Any:
        if args:
            raise StarlarkError("expected no argument")
        return value() if callable(value) else value

    return builtin(name, run)


def _url_value(url: _Url) -> Opaque:
    bare = url.changed(user=None, password=None)
    members = {
        "user": None if url.user is None else _user_value(url),
        "without_user": _constant("url.value.without_user", lambda: _url_value(bare)),
        "string": _constant("url.value.string", url.text()),
        "hostname": _constant("url.value.hostname", url.hostname()),
    }
    return Opaque("@ytt:url.value", members, url, "struct(...)")


def _user_value(url: _Url) -> Opaque:
    members = {
        "name": url.user,
        "password": url.password,
        "string": _constant("string", url.userinfo()),
    }
    return Opaque("@ytt:url.user", members, url, "struct(...)")
