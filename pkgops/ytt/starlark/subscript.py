"""``x[y]``, ``x[a:b:c]``, ``x[y] = z`` and ``x.name``."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.starlark.arguments import is_index
from pkgops.ytt.starlark.bytestrings import decoded, encoded
from pkgops.ytt.starlark.data import List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.methods import method, method_names
from pkgops.ytt.starlark.spell import nearest
from pkgops.ytt.starlark.text import representation
from pkgops.ytt.starlark.values import MISSING, Value, type_name

_NATIVE = (str, tuple, range)


def attribute_or_missing(target: Any, name: str) -> Any:
    """Return ``target.name``, or MISSING."""
    if isinstance(target, Value):
        value = target.attribute(name)
        if value is not MISSING:
            return value
    return method(target, name)


def attribute(target: Any, name: str) -> Any:
    """Return ``target.name``.

    Raises:
        StarlarkError: there is no such field or method; names the nearest one.
    """
    value = attribute_or_missing(target, name)
    if value is MISSING:
        message = f"{type_name(target)} has no .{name} field or method"
        near = nearest(name, attribute_names(target))
        raise StarlarkError(f"{message} (did you mean .{near}?)" if near else message)
    return value


def attribute_names(target: Any) -> list[str]:
    """Return the names of all fields and methods of a value, sorted."""
    names = target.attribute_names() if isinstance(target, Value) else []
    return sorted([*names, *method_names(target)])


def _index(target: Any, key: Any, size: int) -> int:
    if type(key) is not int:
        raise StarlarkError(f"{type_name(target)} index: got {type_name(key)}, want int")
    if not is_index(key):
        raise StarlarkError(f"{type_name(target)} index: {key} out of range")
    position: int = key + size if key < 0 else key
    if 0 <= position < size:
        return position
    if size == 0:
        raise StarlarkError(f"index {key} out of range: empty {type_name(target)}")
    raise StarlarkError(f"{type_name(target)} index {key} out of range [{-size}:{size - 1}]")


def item(target: Any, key: Any) -> Any:
    """Return ``target[key]``.

    Raises:
        StarlarkError: there is no such item, or the value has no items.
    """
    if isinstance(target, Value):
        if target.is_mapping:
            value = target.get(key)
            if value is MISSING:
                raise StarlarkError(f"key {representation(key)} not in {type_name(target)}")
            return value
        if target.is_sequence:
            return target.at(_index(target, key, target.length()))
    elif type(target) in _NATIVE:
        if type(target) is str and not target.isascii():
            data = encoded(target)
            return decoded(bytes([data[_index(target, key, len(data))]]))
        return target[_index(target, key, len(target))]
    raise StarlarkError(f"unhandled index operation {type_name(target)}[{type_name(key)}]")


def store(target: Any, key: Any, value: Any) -> None:
    """Carry out ``target[key] = value``."""
    if isinstance(target, List):
        if type(key) is not int:
            raise StarlarkError(f"got {type_name(key)}, want int")
        key = _index(target, key, len(target.items))
    if not isinstance(target, Value):
        raise StarlarkError(f"{type_name(target)} value does not support item assignment")
    target.set_item(key, value)


def cut(target: Any, low: Any, high: Any, step: Any) -> Any:
    """Return ``target[low:high:step]``; None for an omitted bound."""
    bounds = slice(_bound("start", low), _bound("end", high), _step(step))
    if isinstance(target, List):
        return List(target.items[bounds])
    if type(target) is str and not target.isascii():
        return decoded(encoded(target)[bounds])
    if type(target) in _NATIVE:
        return target[bounds]
    raise StarlarkError(f"invalid slice operand {type_name(target)}")


def _bound(which: str, value: Any) -> int | None:
    if value is None:
        return None
    if is_index(value):
        return value
    raise StarlarkError(f"invalid {which} index: got {type_name(value)}, want int")


def _step(value: Any) -> int | None:
    if value is None:
        return None
    if not is_index(value):
        raise StarlarkError(f"got {type_name(value)} for slice step, want int")
    if value == 0:
        raise StarlarkError("zero is not a valid slice step")
    return value
