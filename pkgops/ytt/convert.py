"""Between values of the language and those of trees: plain Python values and nodes."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.starlark.data import Dict, List, Set
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.text import representation
from pkgops.ytt.starlark.values import Value, type_name
from pkgops.ytt.tree.keys import dict_key, node_key
from pkgops.ytt.tree.nodes import Array, Map
from pkgops.ytt.values import Opaque, Struct, YamlFragment

_MAX_DEPTH = 150


def as_struct(value: Any) -> Any:
    """Return plain values or nodes with dictionaries as structs and lists as lists."""
    if isinstance(value, dict):
        return Struct({_field(key): as_struct(item) for key, item in value.items()})
    if isinstance(value, Map):
        return Struct({_field(item.key): as_struct(item.value) for item in value.items})
    if isinstance(value, Array):
        return List([as_struct(item.value) for item in value.items])
    if isinstance(value, list):
        return List([as_struct(item) for item in value])
    return value


def _field(key: Any) -> str:
    if not isinstance(key, str):
        raise StarlarkError(f"expected struct key {representation(node_key(key))} to be string")
    return key


def to_host(value: Any, depth: int = 0) -> Any:
    """Return a value of the language as a tree value; fragments become their nodes, without a copy.

    Raises:
        StarlarkError: the value does not turn into YAML.
    """
    if value is None or isinstance(value, (str, bool, float)):
        return value
    if depth > _MAX_DEPTH:
        raise StarlarkError("value nests too deeply, or contains itself")
    if isinstance(value, int):
        if not -(1 << 63) <= value < 1 << 64:
            raise StarlarkError("integer does not fit in 64 bits")
        return value
    if isinstance(value, Value):
        return _value_to_host(value, depth + 1)
    if isinstance(value, tuple):
        return [to_host(item, depth + 1) for item in value]
    raise StarlarkError(f"unable to convert {type_name(value)} to a YAML value")


def _value_to_host(value: Value, depth: int) -> Any:
    if isinstance(value, List):
        return [to_host(item, depth) for item in value.items]
    if isinstance(value, Dict):
        return {_key(key, depth): to_host(item, depth) for key, item in value.data.values()}
    if isinstance(value, YamlFragment):
        return value.data
    if isinstance(value, Struct):
        return {key: to_host(item, depth) for key, item in value.fields.items()}
    if isinstance(value, Set):
        return [to_host(item, depth) for item in value.data.values()]
    if isinstance(value, Opaque):
        raise StarlarkError(f"Unable to convert value: {value.hint}")
    raise StarlarkError(f"unable to convert {type_name(value)} to a YAML value")


def _key(key: Any, depth: int) -> Any:
    plain = to_host(key, depth)
    if isinstance(plain, (list, dict)):
        raise StarlarkError(f"unable to use {type_name(key)} as the key of a YAML map")
    return dict_key(plain)
