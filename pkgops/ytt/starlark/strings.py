"""Methods of strings. Positions and lengths count bytes, as in starlark-go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark import characters
from pkgops.ytt.starlark.arguments import Args, Kwargs, boolean, integer, is_index, items, positional, string
from pkgops.ytt.starlark.bytestrings import canonical, code_points, decoded, encoded
from pkgops.ytt.starlark.data import Elements, List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.format import format_string
from pkgops.ytt.starlark.text import quoted
from pkgops.ytt.starlark.values import type_name

Method = Callable[[str, Args, Kwargs], Any]


def _plain(name: str, function: Callable[[str], Any]) -> Method:
    """A method without arguments."""

    def call(receiver: str, args: Args, kwargs: Kwargs) -> Any:
        positional(name, args, kwargs, 0, 0)
        return function(receiver)

    return call


def _part(name: str, bounds: Args, receiver: str) -> tuple[bytes, int]:
    """Return the bytes between two bounds, and where they begin."""
    checked = []
    for which, value in zip(("start", "end"), (*bounds, None, None), strict=False):
        if value is not None and not is_index(value):
            raise StarlarkError(f"{name}: invalid {which} index: got {type_name(value)}, want int")
        checked.append(value)
    data = encoded(receiver)
    low, high, _ = slice(*checked).indices(len(data))
    return data[low : max(low, high)], low


def _count(receiver: str, args: Args, kwargs: Kwargs) -> int:
    sub, *bounds = positional("count", args, kwargs, 1, 3)
    part, _ = _part("count", tuple(bounds), receiver)
    return decoded(part).count(string("count", sub, 1))


def _finder(name: str, *, last: bool, required: bool) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> int:
        sub, *bounds = positional(name, args, kwargs, 1, 3)
        part, low = _part(name, tuple(bounds), receiver)
        wanted = encoded(string(name, sub, 1))
        index = part.rfind(wanted) if last else part.find(wanted)
        if index < 0:
            if required:
                raise StarlarkError(f"{name}: substring not found")
            return -1
        return index + low

    return call


def _affix(name: str, test: Callable[[bytes, bytes], bool]) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> bool:
        wanted, *bounds = positional(name, args, kwargs, 1, 3)
        part, _ = _part(name, tuple(bounds), receiver)
        if type(wanted) is str:
            return test(part, encoded(wanted))
        if type(wanted) is not tuple:
            raise StarlarkError(f"{name}: got {type_name(wanted)}, want string or tuple of string")
        return any(test(part, _element(name, item, number)) for number, item in enumerate(wanted))

    return call


def _element(name: str, item: Any, number: int) -> bytes:
    if type(item) is not str:
        raise StarlarkError(f"{name}: want string, got {type_name(item)}, for element {number}")
    return encoded(item)


def _stripper(name: str, strip: Callable[[str, str | None], str]) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> str:
        values = positional(name, args, kwargs, 0, 1)
        chars = string(name, values[0], 1) if values else ""
        return strip(receiver, chars or characters.SPACES)

    return call


def _join(receiver: str, args: Args, kwargs: Kwargs) -> str:
    parts = items("join", positional("join", args, kwargs, 1, 1)[0], 1)
    for part in parts:
        if type(part) is not str:
            raise StarlarkError(f"join: in list, want string, got {type_name(part)}")
    return canonical(receiver.join(parts))


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
        values = positional(name, args, kwargs, 0, 2)
        separator = values[0] if values else None
        limit = integer(name, values[1], 2) if len(values) > 1 else -1
        if separator is not None and type(separator) is not str:
            raise StarlarkError(f"split: got {type_name(separator)} for separator, want string")
        if separator == "":
            raise StarlarkError("split: empty separator")
        if separator is None:
            return List(list(characters.split_at_blanks(split, receiver, limit)))
        return List(list(split(receiver, separator, limit)))

    return call


def _splitlines(receiver: str, args: Args, kwargs: Kwargs) -> List:
    values = positional("splitlines", args, kwargs, 0, 1)
    keep = boolean("splitlines", values[0], 1) if values else False
    if not receiver:
        return List([])
    lines = receiver.split("\n")
    ended = receiver.endswith("\n")
    if ended:
        lines.pop()
    if keep:
        lines = [line + "\n" for line in lines[:-1]] + [lines[-1] + ("\n" if ended else "")]
    return List(list(lines))


def _elements(name: str, *, numbers: bool, by_byte: bool) -> Method:
    def call(receiver: str, args: Args, kwargs: Kwargs) -> Elements:
        positional(name, args, kwargs, 0, 0)
        label = f"{quoted(receiver)}.{name}()"
        if not by_byte:
            return Elements("codepoints", label, code_points(receiver) if numbers else list(receiver))
        data = encoded(receiver)
        return Elements("elems", label, list(data) if numbers else [decoded(bytes([b])) for b in data])

    return call


def _format(receiver: str, args: Args, kwargs: Kwargs) -> str:
    return format_string(receiver, args, kwargs)


STRING_METHODS: dict[str, Method] = {
    "capitalize": _plain("capitalize", characters.capitalize),
    "codepoint_ords": _elements("codepoint_ords", numbers=True, by_byte=False),
    "codepoints": _elements("codepoints", numbers=False, by_byte=False),
    "count": _count,
    "elem_ords": _elements("elem_ords", numbers=True, by_byte=True),
    "elems": _elements("elems", numbers=False, by_byte=True),
    "endswith": _affix("endswith", bytes.endswith),
    "find": _finder("find", last=False, required=False),
    "format": _format,
    "index": _finder("index", last=False, required=True),
    "isalnum": _plain("isalnum", characters.is_alphanumeric),
    "isalpha": _plain("isalpha", str.isalpha),
    "isdigit": _plain("isdigit", characters.is_digits),
    "islower": _plain("islower", characters.is_lower),
    "isspace": _plain("isspace", characters.is_blank),
    "istitle": _plain("istitle", characters.is_title),
    "isupper": _plain("isupper", characters.is_upper),
    "join": _join,
    "lower": _plain("lower", characters.lower),
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
    "startswith": _affix("startswith", bytes.startswith),
    "strip": _stripper("strip", str.strip),
    "title": _plain("title", characters.title),
    "upper": _plain("upper", characters.upper),
}
