"""Methods of strings, lists, dictionaries and sets, found by type and name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.containers import DICT_METHODS, LIST_METHODS, SET_METHODS
from pkgops.ytt.starlark.data import Dict, List, Set
from pkgops.ytt.starlark.strings import STRING_METHODS
from pkgops.ytt.starlark.values import MISSING, Builtin, type_name

_METHODS: dict[type, dict[str, Callable[..., Any]]] = {
    str: STRING_METHODS,
    List: LIST_METHODS,
    Dict: DICT_METHODS,
    Set: SET_METHODS,
}


def method(receiver: Any, name: str) -> Any:
    """Return ``receiver.name`` as a function bound to its receiver, or MISSING."""
    found = _METHODS.get(type(receiver), {}).get(name)
    if found is None:
        return MISSING
    return Builtin(name, lambda args, kwargs: found(receiver, args, kwargs), type_name(receiver))


def method_names(receiver: Any) -> list[str]:
    """Return the names of the methods of a value."""
    return list(_METHODS.get(type(receiver), ()))
