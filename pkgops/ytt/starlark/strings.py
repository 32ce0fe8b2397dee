"""Methods of strings. Positions count characters; for text beyond ASCII starlark-go counts bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.arguments import Args, Kwargs, boolean, integer, items, positional, string
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.format import format_string
from pkgops.ytt.starlark.values import Elements, List, type_name

Method = Callable[[str, Args, Kwargs], Any]


def _plain(name: str, function: Callable[[str], Any]) -> Method:
    """A method without arguments."""

    def call(receiver: str, args: Args, kwargs: Kwargs) -> Any:
        positional(name, args, kwargs, 0, 0)
        return function(receiver)

    return call


def _range(name: str, bounds: Args, receiver: str) -> tuple[int, int]:
    checked = []
    for which, value in zip(("start", "end"), (*bounds, None, None), strict=False):
        if value is not None and type(value) is not int:
            raise StarlarkError(f"{name}: invalid {which} index: got {type_name(value)}, want int")
        checked.append(value)
    low, high, _ = slice(*checked).indices(len(receiver))
    return low, max(low, high)


def _count(receiver: str, args: Args, kwargs: Kwargs) -> int:
    sub, *bounds = positional("count", args, kwargs, 1, 3)
    low, high = _range("count", tuple(bounds), receiver)
    return receiver[low:high].count(string("count", sub, 1))


def _finder(name: str, *, last: bool, required: bool) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> int:
        sub, *bounds = positional(name, args, kwargs, 1, 3)
        low, high = _range(name, tuple(bounds), receiver)
        part = receiver[low:high]
        wanted = string(name, sub, 1)
        found = part.rfind(wanted) if last else part.find(wanted)
        if found < 0:
            if required:
                raise StarlarkError(f"{name}: substring not found")
            return -1
        return found + low

    return call


def _affix(name: str, test: Callable[[str, str], bool]) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> bool:
        wanted, *bounds = positional(name, args, kwargs, 1, 3)
        low, high = _range(name, tuple(bounds), receiver)
        part = receiver[low:high]
        if type(wanted) is str:
            return test(part, wanted)
        if type(wanted) is not tuple:
            raise StarlarkError(f"{name}: got {type_name(wanted)}, want string or tuple of string")
        return any(test(part, _element(name, item, number)) for number, item in enumerate(wanted))

    return call


def _element(name: str, item: Any, number: int) -> str:
    if type(item) is not str:
        raise StarlarkError(f"{name}: want string, got {type_name(item)}, for element {number}")
    return item


def _stripper(name: str, strip: Callable[[str, str | None], str]) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> str:
        found = positional(name, args, kwargs, 0, 1)
        chars = string(name, found[0], 1) if found else ""
        return strip(receiver, chars or None)

    return call


def _join(receiver: str, args: Args, kwargs: Kwargs) -> str:
    parts = items("join", positional("join", args, kwargs, 1, 1)[0], 1)
    for part in parts:
        if type(part) is not str:
            raise StarlarkError(f"join: in list, want string, got {type_name(part)}")
    return receiver.join(parts)


def _partitioner(name: str, cut: Callable[[str, str], tuple[str, str, str]]) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> tuple[str, str, str]:
        separator = string(name, positional(name, args, kwargs, 1, 1)[0], 1)
        if not separator:
            raise StarlarkError(f"{name}: empty separator")
        return cut(receiver, separator)

    return call


def _replace(receiver: str, args: Args, kwargs: Kwargs) -> str:
    old, new, *count = positional("replace", args, kwargs, 2, 3)
    limit = integer("replace", count[0], 3) if count else -1
    return receiver.replace(string("replace", old, 1), string("replace", new, 2), limit)


def _splitter(name: str, split: Callable[[str, str | None, int], list[str]]) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> List:
        found = positional(name, args, kwargs, 0, 2)
        separator = found[0] if found else None
        limit = integer(name, found[1], 2) if len(found) > 1 else -1
        if separator is not None and type(separator) is not str:
            raise StarlarkError(f"split: got {type_name(separator)} for separator, want string")
        if separator == "":
            raise StarlarkError("split: empty separator")
        return List(list(split(receiver, separator, limit)))

    return call


def _splitlines(receiver: str, args: Args, kwargs: Kwargs) -> List:
    found = positional("splitlines", args, kwargs, 0, 1)
    keep = boolean("splitlines", found[0], 1) if found else False
    if not receiver:
        return List([])
    lines = receiver.split("\n")
    ended = receiver.endswith("\n")
    if ended:
        lines.pop()
    if keep:
        lines = [line + "\n" for line in lines[:-1]] + [lines[-1] + ("\n" if ended else "")]
    return List(list(lines))


def _elements(name: str, *, numbers: bool, encoded: bool) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> Elements:
        positional(name, args, kwargs, 0, 0)
        found: list[Any] = list(receiver)
        if encoded and not receiver.isascii():
            data = receiver.encode("utf-8", "surrogateescape")
            found = [data[i : i + 1].decode("utf-8", "replace") for i in range(len(data))]
            if numbers:
                return Elements(f'"{receiver}".{name}()', list(data))
        return Elements(f'"{receiver}".{name}()', [ord(c) for c in found] if numbers else found)

    return call


def _format(receiver: str, args: Args, kwargs: Kwargs) -> str:
    return format_string(receiver, args, kwargs)


def _capitalize(receiver: str) -> str:
    return receiver[:1].title() + receiver[1:].lower()


STRING_METHODS: dict[str, Method] = {
    "capitalize": _plain("capitalize", _capitalize),
    "codepoint_ords": _elements("codepoint_ords", numbers=True, encoded=False),
    "codepoints": _elements("codepoints", numbers=False, encoded=False),
    "count": _count,
    "elem_ords": _elements("elem_ords", numbers=True, encoded=True),
    "elems": _elements("elems", numbers=False, encoded=True),
    "endswith": _affix("endswith", str.endswith),
    "find": _finder("find", last=False, required=False),
    "format": _format,
    "index": _finder("index", last=False, required=True),
    "isalnum": _plain("isalnum", str.isalnum),
    "isalpha": _plain("isalpha", str.isalpha),
    "isdigit": _plain("isdigit", str.isdigit),
    "islower": _plain("islower", str.islower),
    "isspace": _plain("isspace", str.isspace),
    "istitle": _plain("istitle", str.istitle),
    "isupper": _plain("isupper", str.isupper),
    "join": _join,
    "lower": _plain("lower", str.lower),
    "lstrip": _stripper("lstrip", str.lstrip),
    "partition": _partitioner("partition", str.partition),
    "replace": _replace,
    "rfind": _finder("rfind", last=True, required=False),
    "rindex": _finder("rindex", last=True, required=True),
    "rpartition": _partitioner("rpartition", str.rpartition),
    "rsplit": _splitter("rsplit", str.rsplit),
    "rstrip": _stripper("rstrip", str.rstrip),
    "split": _splitter("split", str.split),
    "splitlines": _splitlines,
    "startswith": _affix("startswith", str.startswith),
    "strip": _stripper("strip", str.strip),
    "title": _plain("title", str.title),
    "upper": _plain("upper", str.upper),
}
