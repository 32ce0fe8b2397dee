"""Evaluate Kubernetes JSONPath the way Cartographer does: exactly one result, its error texts.

Source of the behaviour: ``k8s.io/client-go/util/jsonpath`` with missing keys allowed, wrapped by
Cartographer's evaluator. Values are decoded JSON, besides the two marker classes of :mod:`typed`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from pkgops.formats import gofmt
from pkgops.platform.carto.jsonpath_parser import (
    Field,
    Filter,
    Literal,
    Node,
    ParseError,
    Path,
    Recursive,
    Slice,
    Union,
    Wildcard,
    parse,
)
from pkgops.platform.carto.typed import Opaque, Struct, plain

_RELAXED = re.compile(r"^\{\.?([^{}]+)\}$|^\.?([^{}]+)$")
_MISSING = object()


class JsonPathError(ValueError):
    """An expression has not exactly one result; the text is Cartographer's message."""


class NothingFound(JsonPathError):
    """The path does not exist in the object."""


def evaluate(expression: str, data: Any) -> Any:
    """Return the single result of an expression, as plain JSON.

    Raises:
        NothingFound: the path does not exist.
        JsonPathError: there are several results, an index is out of bounds, or the expression is not valid.
    """
    if not expression:
        raise JsonPathError("empty jsonpath not allowed")
    results = find(expression, data)
    if not results:
        raise NothingFound(f"jsonpath returned empty list: {expression}")
    if len(results) > 1:
        raise JsonPathError(f"too many results for the query: {expression}")
    return plain(results[0])


def find(expression: str, data: Any) -> list[Any]:
    """Return all results of an expression.

    Raises:
        JsonPathError: the expression cannot be parsed or evaluated.
    """
    match = _RELAXED.match(expression)
    inner = (match.group(1) or match.group(2)) if match else expression
    try:
        path = parse(f".{inner}")
    except ParseError as error:
        raise JsonPathError(f"evaluate: failed to parse jsonpath '{{.{inner}}}': {error}") from None
    try:
        return walk(path, [data])
    except _EvaluationError as error:
        raise JsonPathError(f"evaluate: failed to find results: {error}") from None


class _EvaluationError(ValueError):
    pass


def walk(path: Path, values: list[Any]) -> list[Any]:
    """Apply the nodes of a path to values, in order."""
    for node in path:
        values = _STEPS.get(type(node), _identifier)(node, values)
    return values


def _identifier(node: Any, _: list[Any]) -> list[Any]:
    raise _EvaluationError(f"unrecognized identifier {node.name}")


def _literal(node: Literal, values: list[Any]) -> list[Any]:
    return [node.value] if isinstance(node.value, str) else [node.value for _ in values]


def _field(node: Field, values: list[Any]) -> list[Any]:
    members = (_member(value, node.name) for value in values)
    return [value for value in members if value is not _MISSING]


def _member(value: Any, name: str) -> Any:
    if not name:
        return value
    if isinstance(value, Struct):
        return value.get(name, value.unset.get(name, _MISSING))
    return value.get(name, _MISSING) if isinstance(value, Mapping) else _MISSING


def _children(value: Any) -> list[Any]:
    if isinstance(value, Struct):
        return [*value.values(), *value.unset.values()]
    if isinstance(value, Mapping):
        return [value[key] for key in sorted(value)]
    return list(value) if isinstance(value, list | str) else []


def _wildcard(_: Wildcard, values: list[Any]) -> list[Any]:
    return [child for value in values for child in _children(value)]


def _recursive(node: Recursive, values: list[Any]) -> list[Any]:
    values_below: list[Any] = []
    for value in values:
        below = [] if isinstance(value, str) else _children(value)
        if below:
            values_below += [value, *_recursive(node, below)]
    return values_below


def _slice(node: Slice, values: list[Any]) -> list[Any]:
    items: list[Any] = []
    for value in values:
        if value is None:
            continue
        if not isinstance(value, list):
            raise _EvaluationError(f"{_type(value)} is not array or slice")
        items += _sliced(node, value)
    return items


def _sliced(node: Slice, value: list[Any]) -> list[Any]:
    length = len(value)
    start = _from_end(node.start or 0, length)
    end = start + 1 if node.single else _from_end(length if node.end is None else node.end, length)
    if start == end:
        return []
    for index in (start, end - 1):
        if index >= length or index < 0:
            # client-go reports a negative index after it has added the length.
            raise _EvaluationError(f"array index out of bounds: index {index}, length {length}")
    if start > end:
        raise _EvaluationError(f"starting index {start} is greater than ending index {end}")
    if node.step is not None and node.step <= 0:
        raise _EvaluationError("step must be > 0")
    return value[start : end : node.step or 1]


def _from_end(index: int, length: int) -> int:
    return index + length if index < 0 else index


def _union(node: Union, values: list[Any]) -> list[Any]:
    return [value for part in node.parts for value in walk(part, values)]


def _filter(node: Filter, values: list[Any]) -> list[Any]:
    items: list[Any] = []
    for value in values:
        if not isinstance(value, list):
            raise _EvaluationError(f"{gofmt.text(value)} is not array or slice and cannot be filtered")
        items += [item for item in value if _passes(node, item)]
    return items


def _passes(node: Filter, item: Any) -> bool:
    lefts = walk(node.left, [item])
    if node.op == "exists":
        return bool(lefts)
    rights = walk(node.right, [item])
    if not lefts or not rights:
        return False
    if len(lefts) > 1 or len(rights) > 1:
        raise _EvaluationError("can only compare one element at a time")
    return _compare(node.op, lefts[0], rights[0])


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _compare(op: str, left: Any, right: Any) -> bool:
    if op not in _OPERATORS:
        raise _EvaluationError(f"unrecognized filter operator {op}")
    if not isinstance(left, str | bool | int | float):
        raise _EvaluationError("invalid type for comparison")
    if type(left) is not type(right):
        raise _EvaluationError("incompatible types for comparison")
    return bool(_OPERATORS[op](left, right))


def _type(value: Any) -> str:
    return "v1.JSON" if isinstance(value, Opaque) else gofmt.type_name(value)


_STEPS: Mapping[type[Node], Callable[[Any, list[Any]], list[Any]]] = {
    Field: _field,
    Wildcard: _wildcard,
    Recursive: _recursive,
    Slice: _slice,
    Union: _union,
    Filter: _filter,
    Literal: _literal,
}
