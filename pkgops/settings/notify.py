"""The items of ``pkgops.notify``: who is notified of changes. They must not contain secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pkgops.errors import UsageError
from pkgops.settings.layers import Path, Tree
from pkgops.values import Value

KEY = ("pkgops", "notify")
ADDRESS = ("url", "urlVariable", "urlFile")
TOKEN = ("tokenVariable", "tokenFile")
KEYS = (*ADDRESS, *TOKEN, "mode", "events")
STRUCTURED, BINARY = "structured", "binary"
KINDS = ("promotion", "rollback", "verification", "gate")
HTTP = ("http", "https")
_SECRET = ("token", "secret", "password", "passwd", "pwd", "key", "sig", "auth", "credential")
NEXT = "put it into an environment variable or a file, and name that as tokenVariable, tokenFile, "
NEXT += "urlVariable or urlFile"


class NotifySetting(Value, kw_only=True):
    """One address that is notified.

    Attributes:
        url: the address; empty where a variable or a file has it.
        url_variable: the environment variable that has it.
        url_file: the file that has it.
        token_variable: the environment variable with the token of an HTTP address.
        token_file: the file with it.
        binary: whether events are sent in CloudEvents' binary mode, with the attributes as headers.
        kinds: which kinds are sent, of :data:`KINDS`.
    """

    url: str = ""
    url_variable: str = ""
    url_file: str = ""
    token_variable: str = ""
    token_file: str = ""
    binary: bool = False
    kinds: tuple[str, ...] = KINDS

    @property
    def label(self) -> str:
        """Its name without secrets: of an address only the host."""
        if self.url:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc}"
        return f"${self.url_variable}" if self.url_variable else self.url_file


def read(tree: Tree) -> tuple[NotifySetting, ...]:
    """Return the addresses that are notified.

    Raises:
        UsageError: an item is not valid, or contains a secret; with the position, and never the value.
    """
    items = tree.get(".".join(KEY)) or []
    if not isinstance(items, list):
        raise _bad(tree, KEY, "must be a list", "write for example [{url: https://hooks.example.com/pkgops}]")
    return tuple(_read(item, (*KEY, str(index)), tree) for index, item in enumerate(items))


def _read(item: Any, path: Path, tree: Tree) -> NotifySetting:
    if isinstance(item, str):
        item = {"url": item}
    if not isinstance(item, Mapping):
        raise _bad(tree, path, "an item is an address, or a map that has one")
    for key in (one for one in item if one not in KEYS):
        if _is_secret(key):
            raise _bad(tree, (*path, key), f"{key}: a secret must not be in the configuration", NEXT)
        raise _bad(tree, (*path, key), f"an item has {', '.join(KEYS)}, not {key}")
    texts = {key: _text(item, key, path, tree) for key in KEYS if key != "events"}
    if sum(1 for key in ADDRESS if texts[key]) != 1:
        raise _bad(tree, path, f"an item has one of {', '.join(ADDRESS)}")
    if all(texts[key] for key in TOKEN):
        raise _bad(tree, path, f"an item has one of {', '.join(TOKEN)}")
    if texts["mode"] not in ("", STRUCTURED, BINARY):
        raise _bad(tree, (*path, "mode"), f"mode is {STRUCTURED} or {BINARY}")
    if texts["url"]:
        _check_url(texts["url"], (*path, "url"), tree)
    return NotifySetting(
        url=texts["url"],
        url_variable=texts["urlVariable"],
        url_file=texts["urlFile"],
        token_variable=texts["tokenVariable"],
        token_file=texts["tokenFile"],
        binary=texts["mode"] == BINARY,
        kinds=_kinds(item, path, tree),
    )


def _check_url(url: str, path: Path, tree: Tree) -> None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in HTTP and bool(parts.hostname) and (parts.port or True)
    except ValueError:
        known = False
    if not known:
        # URLs of apprise contain their tokens.
        raise _bad(tree, path, "url must be an http or https address; others contain secrets", NEXT)
    if "@" in parts.netloc:
        raise _bad(tree, path, "url has a user or a password in it", NEXT)
    if any(_is_secret(name) for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        raise _bad(tree, path, "url has a secret among its parameters", NEXT)


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET)


def _kinds(item: Mapping[str, Any], path: Path, tree: Tree) -> tuple[str, ...]:
    found = item.get("events", list(KINDS))
    if not isinstance(found, list) or not found or any(one not in KINDS for one in found):
        raise _bad(tree, (*path, "events"), f"events is a list of {', '.join(KINDS)}")
    return tuple(found)


def _text(item: Mapping[str, Any], key: str, path: Path, tree: Tree) -> str:
    value = item.get(key)
    if value is not None and not isinstance(value, str):
        raise _bad(tree, (*path, key), f"{key} must be text")
    return value or ""


def _bad(tree: Tree, path: Path, problem: str, next: str = "see config.example.yaml") -> UsageError:
    return UsageError(f"{tree.place(path)}: pkgops.notify: {problem}", next=next, slug="bad-notify")
