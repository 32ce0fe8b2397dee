"""The names that every file can use without loading them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.arguments import (
    Args,
    Kwargs,
    integer,
    is_index,
    items,
    named,
    positional,
    string,
)
from pkgops.ytt.starlark.bytestrings import MAX_CODE_POINT, character, code_points
from pkgops.ytt.starlark.containers import update_dict
from pkgops.ytt.starlark.data import Dict, List, Set
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.iterate import iterate_or_none, length
from pkgops.ytt.starlark.numbers import to_float, to_int
from pkgops.ytt.starlark.sorting import extreme, sorted_list
from pkgops.ytt.starlark.subscript import attribute_names, attribute_or_missing
from pkgops.ytt.starlark.text import representation, to_text
from pkgops.ytt.starlark.values import MISSING, Builtin, truth, type_name

MAX_RANGE = 10_000_000
"""The most items that a list made of an iterable may have."""


def _one(name: str, args: Args, kwargs: Kwargs, exactly: str = "") -> Any:
    if kwargs:
        raise StarlarkError(f"{name} does not accept keyword arguments")
    if len(args) != 1:
        raise StarlarkError(f"{name}: got {len(args)} arguments, want {exactly}1")
    return args[0]


def _all(args: Args, kwargs: Kwargs) -> bool:
    return all(truth(item) for item in items("all", positional("all", args, kwargs, 1, 1)[0], 1))


def _any(args: Args, kwargs: Kwargs) -> bool:
    return any(truth(item) for item in items("any", positional("any", args, kwargs, 1, 1)[0], 1))


def _bool(args: Args, kwargs: Kwargs) -> bool:
    values = positional("bool", args, kwargs, 0, 1)
    return truth(values[0]) if values else False


def _chr(args: Args, kwargs: Kwargs) -> str:
    value = _one("chr", args, kwargs)
    if not is_index(value):
        raise StarlarkError(f"chr: got {type_name(value)}, want int")
    if value < 0:
        raise StarlarkError(f"chr: Unicode code point {value} out of range (<0)")
    if value > MAX_CODE_POINT:
        raise StarlarkError(f"chr: Unicode code point U+{value:X} out of range (>0x10FFFF)")
    return character(value)


def _dict(args: Args, kwargs: Kwargs) -> Dict:
    if len(args) > 1:
        raise StarlarkError(f"dict: got {len(args)} arguments, want at most 1")
    result = Dict()
    update_dict("dict", result, args, kwargs)
    return result


def _dir(args: Args, kwargs: Kwargs) -> List:
    return List(list(attribute_names(_one("dir", args, kwargs))))


def _enumerate(args: Args, kwargs: Kwargs) -> List:
    source, *start = positional("enumerate", args, kwargs, 1, 2)
    first = integer("enumerate", start[0], 2) if start else 0
    return List(list(enumerate(items("enumerate", source, 1), first)))


def _separator(name: str, kwargs: Kwargs) -> str:
    return string(name, named(name, (), kwargs, "sep?").get("sep", " "), '"sep"')


def _fail(args: Args, kwargs: Kwargs) -> None:
    separator = _separator("fail", kwargs)
    raise StarlarkError("fail: " + separator.join(to_text(arg) for arg in args))


def _print(args: Args, kwargs: Kwargs) -> None:
    separator = _separator("print", kwargs)
    sys.stderr.write(separator.join(to_text(arg) for arg in args) + "\n")


def _float(args: Args, kwargs: Kwargs) -> float:
    if kwargs:
        raise StarlarkError("float does not accept keyword arguments")
    if len(args) > 1:
        raise StarlarkError(f"float got {len(args)} arguments, wants 1")
    return to_float(args[0]) if args else 0.0


def _int(args: Args, kwargs: Kwargs) -> int:
    bound = named("int", args, kwargs, "x base?")
    return to_int(bound["x"], bound.get("base", MISSING))


def _getattr(args: Args, kwargs: Kwargs) -> Any:
    target, name, *default = positional("getattr", args, kwargs, 2, 3)
    attribute = attribute_or_missing(target, string("getattr", name, 2))
    if attribute is not MISSING:
        return attribute
    if default:
        return default[0]
    raise StarlarkError(f"getattr: {type_name(target)} has no .{name} field or method")


def _hasattr(args: Args, kwargs: Kwargs) -> bool:
    target, name = positional("hasattr", args, kwargs, 2, 2)
    return attribute_or_missing(target, string("hasattr", name, 2)) is not MISSING


def _hash(args: Args, kwargs: Kwargs) -> int:
    """Java's hash of a string, but over code points; the same in every run."""
    text = string("hash", positional("hash", args, kwargs, 1, 1)[0], 1)
    result = 0
    for code in code_points(text):
        result = (31 * result + code) & 0xFFFFFFFF
    return result - (1 << 32) if result >> 31 else result


def _len(args: Args, kwargs: Kwargs) -> int:
    (value,) = positional("len", args, kwargs, 1, 1)
    size = length(value)
    if size < 0:
        raise StarlarkError(f"len: value of type {type_name(value)} has no len")
    return size


def _collected(name: str, args: Args, kwargs: Kwargs) -> list[Any]:
    values = positional(name, args, kwargs, 0, 1)
    if not values:
        return []
    if type(values[0]) is range and len(values[0]) > MAX_RANGE:
        raise StarlarkError(f"{name}: too many items ({len(values[0])})")
    return items(name, values[0], 1)


def _list(args: Args, kwargs: Kwargs) -> List:
    return List(_collected("list", args, kwargs))


def _tuple(args: Args, kwargs: Kwargs) -> tuple[Any, ...]:
    return tuple(_collected("tuple", args, kwargs))


def _set(args: Args, kwargs: Kwargs) -> Set:
    try:
        return Set(_collected("set", args, kwargs))
    except StarlarkError as error:
        raise StarlarkError(f"set: {error.message.removeprefix('set: ')}") from None


def _ord(args: Args, kwargs: Kwargs) -> int:
    value = _one("ord", args, kwargs)
    if type(value) is not str:
        raise StarlarkError(f"ord: got {type_name(value)}, want string")
    if len(value) != 1:
        raise StarlarkError(f"ord: string encodes {len(value)} Unicode code points, want 1")
    return code_points(value)[0]


def _range(args: Args, kwargs: Kwargs) -> range:
    values = positional("range", args, kwargs, 1, 3)
    numbers = [integer("range", value, number) for number, value in enumerate(values, 1)]
    if len(numbers) == 3 and numbers[2] == 0:
        raise StarlarkError("range: step argument must not be zero")
    return range(*numbers)


def _repr(args: Args, kwargs: Kwargs) -> str:
    return representation(positional("repr", args, kwargs, 1, 1)[0])


def _reversed(args: Args, kwargs: Kwargs) -> List:
    return List(items("reversed", positional("reversed", args, kwargs, 1, 1)[0], 1)[::-1])


def _str(args: Args, kwargs: Kwargs) -> str:
    return to_text(_one("str", args, kwargs, "exactly "))


def _type(args: Args, kwargs: Kwargs) -> str:
    return type_name(_one("type", args, kwargs, "exactly "))


def _zip(args: Args, kwargs: Kwargs) -> List:
    if kwargs:
        raise StarlarkError("zip does not accept keyword arguments")
    rows = []
    for number, source in enumerate(args, 1):
        found = iterate_or_none(source)
        if found is None:
            raise StarlarkError(f"zip: argument #{number} is not iterable: {type_name(source)}")
        rows.append(list(found))
    return List(list(zip(*rows, strict=False)))


_FUNCTIONS: dict[str, Callable[[Args, Kwargs], Any]] = {
    "all": _all, "any": _any, "bool": _bool, "chr": _chr, "dict": _dict, "dir": _dir,
    "enumerate": _enumerate, "fail": _fail, "float": _float, "getattr": _getattr, "hasattr": _hasattr,
    "hash": _hash, "int": _int, "len": _len, "list": _list, "max": extreme("max", ">"),
    "min": extreme("min", "<"), "ord": _ord, "print": _print, "range": _range, "repr": _repr,
    "reversed": _reversed, "set": _set, "sorted": sorted_list, "str": _str, "tuple": _tuple,
    "type": _type, "zip": _zip,
}  # fmt: skip

UNIVERSE: dict[str, Any] = {
    "None": None,
    "True": True,
    "False": False,
    **{name: Builtin(name, function_) for name, function_ in _FUNCTIONS.items()},
}
