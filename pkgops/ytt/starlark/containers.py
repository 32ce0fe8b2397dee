"""Methods of lists, dictionaries and sets; each takes the receiver, the arguments and the named ones."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from pkgops.ytt.starlark.arguments import Args, Kwargs, integer, is_index, items, positional
from pkgops.ytt.starlark.compare import equal
from pkgops.ytt.starlark.data import Dict, List, Set, to_key
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.iterate import iterate_or_none, length
from pkgops.ytt.starlark.values import MISSING, Value, type_name


def _named_error(name: str, check: Callable[[], Any]) -> Any:
    try:
        return check()
    except StarlarkError as error:
        raise StarlarkError(f"{name}: {error.message}") from None


def list_append(receiver: List, args: Args, kwargs: Kwargs) -> None:
    """``append(x)``."""
    (item,) = positional("append", args, kwargs, 1, 1)
    _named_error("append", lambda: receiver.check_mutable("append to"))
    receiver.items.append(item)


def list_clear(receiver: List, args: Args, kwargs: Kwargs) -> None:
    """``clear()``."""
    positional("clear", args, kwargs, 0, 0)
    _named_error("clear", lambda: receiver.check_mutable("clear"))
    receiver.items.clear()


def list_extend(receiver: List, args: Args, kwargs: Kwargs) -> None:
    """``extend(iterable)``."""
    added = items("extend", positional("extend", args, kwargs, 1, 1)[0], 1)
    _named_error("extend", lambda: receiver.check_mutable("extend"))
    receiver.items.extend(added)


def _bounds(name: str, args: Args, size: int) -> tuple[int, int]:
    bounds = []
    for which, value in zip(("start", "end"), (*args, None, None), strict=False):
        if value is not None and not is_index(value):
            raise StarlarkError(f"{name}: invalid {which} index: got {type_name(value)}, want int")
        bounds.append(value)
    low, high, _ = slice(*bounds).indices(size)
    return low, high


def list_index(receiver: List, args: Args, kwargs: Kwargs) -> int:
    """``index(x[, start[, end]])``."""
    wanted, *rest = positional("index", args, kwargs, 1, 3)
    low, high = _bounds("index", tuple(rest), len(receiver.items))
    for index in range(low, high):
        if equal(receiver.items[index], wanted):
            return index
    raise StarlarkError("index: value not in list")


def list_insert(receiver: List, args: Args, kwargs: Kwargs) -> None:
    """``insert(index, x)``."""
    index, item = positional("insert", args, kwargs, 2, 2)
    _named_error("insert", lambda: receiver.check_mutable("insert into"))
    receiver.items.insert(integer("insert", index, 1), item)


def list_pop(receiver: List, args: Args, kwargs: Kwargs) -> Any:
    """``pop([index])``."""
    size = len(receiver.items)
    values = positional("pop", args, kwargs, 0, 1)
    index = integer("pop", values[0], 1) if values else size - 1
    real = index + size if index < 0 else index
    if not 0 <= real < size:
        valid = f"list index {index} out of range [{-size}:{size - 1}]"
        raise StarlarkError("pop: " + (valid if size else f"index {index} out of range: empty list"))
    _named_error("pop", lambda: receiver.check_mutable("pop from"))
    return receiver.items.pop(real)


def list_remove(receiver: List, args: Args, kwargs: Kwargs) -> None:
    """``remove(x)``."""
    (wanted,) = positional("remove", args, kwargs, 1, 1)
    _named_error("remove", lambda: receiver.check_mutable("remove from"))
    for index, item in enumerate(receiver.items):
        if equal(item, wanted):
            del receiver.items[index]
            return
    raise StarlarkError("remove: element not found")


def dict_clear(receiver: Dict, args: Args, kwargs: Kwargs) -> None:
    """``clear()``."""
    positional("clear", args, kwargs, 0, 0)
    receiver.check_mutable("clear")
    receiver.data.clear()


def dict_get(receiver: Dict, args: Args, kwargs: Kwargs) -> Any:
    """``get(key[, default])``."""
    values = positional("get", args, kwargs, 1, 2)
    value = _named_error("get", lambda: receiver.get(values[0]))
    if value is not MISSING:
        return value
    return values[1] if len(values) > 1 else None


def dict_items(receiver: Dict, args: Args, kwargs: Kwargs) -> List:
    """``items()``: a list of pairs."""
    positional("items", args, kwargs, 0, 0)
    return List(receiver.pairs())


def dict_keys(receiver: Dict, args: Args, kwargs: Kwargs) -> List:
    """``keys()``: a list."""
    positional("keys", args, kwargs, 0, 0)
    return List([key for key, _ in receiver.data.values()])


def dict_values(receiver: Dict, args: Args, kwargs: Kwargs) -> List:
    """``values()``: a list."""
    positional("values", args, kwargs, 0, 0)
    return List([value for _, value in receiver.data.values()])


def dict_pop(receiver: Dict, args: Args, kwargs: Kwargs) -> Any:
    """``pop(key[, default])``."""
    key, *default = positional("pop", args, kwargs, 1, 2)
    _named_error("pop", lambda: receiver.check_mutable("delete from"))
    with contextlib.suppress(StarlarkError):
        pair = receiver.data.pop(to_key(key), None)
        if pair is not None:
            return pair[1]
    if default:
        return default[0]
    raise StarlarkError("pop: missing key")


def dict_popitem(receiver: Dict, args: Args, kwargs: Kwargs) -> Any:
    """``popitem()``: the first pair."""
    positional("popitem", args, kwargs, 0, 0)
    if not receiver.data:
        raise StarlarkError("popitem: empty dict")
    _named_error("popitem", lambda: receiver.check_mutable("delete from"))
    return receiver.data.pop(next(iter(receiver.data)))


def dict_setdefault(receiver: Dict, args: Args, kwargs: Kwargs) -> Any:
    """``setdefault(key[, default])``."""
    key, *default = positional("setdefault", args, kwargs, 1, 2)
    value = _named_error("setdefault", lambda: receiver.get(key))
    if value is not MISSING:
        return value
    value = default[0] if default else None
    _named_error("setdefault", lambda: receiver.set_item(key, value))
    return value


def dict_update(receiver: Dict, args: Args, kwargs: Kwargs) -> None:
    """``update([pairs or mapping], **named)``."""
    if len(args) > 1:
        raise StarlarkError(f"update: got {len(args)} arguments, want at most 1")
    update_dict("update", receiver, args, kwargs)


def update_dict(name: str, target: Dict, args: Args, kwargs: Kwargs) -> None:
    """Add the pairs of a mapping or iterable, then the named arguments, to ``target``."""
    pairs = _pairs(name, args[0]) if args else []
    for key, value in [*pairs, *kwargs.items()]:
        _named_error(name, partial(target.set_item, key, value))


def _pairs(name: str, source: Any) -> list[tuple[Any, Any]]:
    if isinstance(source, Dict):
        return source.pairs()
    if isinstance(source, Value) and source.is_mapping:
        return [(key, source.get(key)) for key in source.iterate() or ()]
    pairs = iterate_or_none(source)
    if pairs is None:
        raise StarlarkError(f"{name}: got {type_name(source)}, want iterable")
    return [_pair(name, number, pair) for number, pair in enumerate(pairs)]


def _pair(name: str, number: int, pair: Any) -> tuple[Any, Any]:
    parts = iterate_or_none(pair)
    element = f"{name}: dictionary update sequence element #{number}"
    if parts is None:
        raise StarlarkError(f"{element} is not iterable ({type_name(pair)})")
    if length(pair) != 2:
        raise StarlarkError(f"{element} has length {length(pair)}, want 2")
    key, value = parts
    return key, value


def set_union(receiver: Set, args: Args, kwargs: Kwargs) -> Set:
    """``union(iterable)``."""
    added = items("union", positional("union", args, kwargs, 1, 1)[0], 1)
    return Set([*receiver.data.values(), *added])


LIST_METHODS: dict[str, Callable[..., Any]] = {
    "append": list_append,
    "clear": list_clear,
    "extend": list_extend,
    "index": list_index,
    "insert": list_insert,
    "pop": list_pop,
    "remove": list_remove,
}
DICT_METHODS: dict[str, Callable[..., Any]] = {
    "clear": dict_clear,
    "get": dict_get,
    "items": dict_items,
    "keys": dict_keys,
    "pop": dict_pop,
    "popitem": dict_popitem,
    "setdefault": dict_setdefault,
    "update": dict_update,
    "values": dict_values,
}
SET_METHODS: dict[str, Callable[..., Any]] = {"union": set_union}
