"""``@ytt:url``."""

from __future__ import annotations

import urllib.parse
from typing import Any

from pkgops.values import replace
from pkgops.ytt.convert import to_host
from pkgops.ytt.modules.support import Args, Function, Kwargs, ModuleContext, builtin, module, one, text
from pkgops.ytt.modules.url_parts import Url, parse, unescape
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.tree.convert import to_plain
from pkgops.ytt.values import Opaque, from_host

_PATH_SAFE = "$&+=:@"
_GO_KINDS: dict[type, str] = {
    str: "string", int: "int64", float: "float64", bool: "bool", type(None): "<nil>",
    dict: "*orderedmap.Map", list: "[]interface {}",
}  # fmt: skip


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    functions: dict[str, Function] = {
        "path_segment_encode": lambda args, kwargs: urllib.parse.quote(_bytes(one(args)), safe=_PATH_SAFE),
        "path_segment_decode": lambda args, kwargs: unescape(text(one(args))),
        "query_param_value_encode": lambda args, kwargs: urllib.parse.quote_plus(_bytes(one(args)), safe=""),
        "query_param_value_decode": lambda args, kwargs: unescape(text(one(args)).replace("+", " ")),
        "query_params_encode": _query_params_encode,
        "query_params_decode": _query_params_decode,
        "parse": _parse,
    }
    return module(name, functions)


def _bytes(value: Any) -> bytes:
    return text(value).encode("utf-8", "surrogateescape")


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
            found.setdefault(unescape(key), []).append(unescape(value))
    return from_host({key: found[key] for key in sorted(found)})


def _parse(args: Args, kwargs: Kwargs) -> Opaque:
    return _url_value(parse(text(one(args))))


def _constant(name: str, value: Any) -> Any:
    def run(args: Args, kwargs: Kwargs) -> Any:
        if args:
            raise StarlarkError("expected no argument")
        return value() if callable(value) else value

    return builtin(name, run)


def _url_value(url: Url) -> Opaque:
    bare = replace(url, user=None, password=None)
    members = {
        "user": None if url.user is None else _user_value(url),
        "without_user": _constant("url.value.without_user", lambda: _url_value(bare)),
        "string": _constant("url.value.string", url.text()),
        "hostname": _constant("url.value.hostname", url.hostname()),
    }
    return Opaque("@ytt:url.value", members, url, "struct(...)")


def _user_value(url: Url) -> Opaque:
    members = {
        "name": url.user,
        "password": url.password,
        "string": _constant("string", url.userinfo()),
    }
    return Opaque("@ytt:url.user", members, url, "struct(...)")
