"""From a schema document to types."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.errors import YttError
from pkgops.ytt.schema import annotations as names
from pkgops.ytt.schema.annotations import (
    default_of,
    examples_of,
    is_any,
    is_nullable,
    refuse_nested,
    string_of,
)
from pkgops.ytt.schema.base import Type
from pkgops.ytt.schema.problems import Problem, SchemaProblem, headed, schema_error
from pkgops.ytt.schema.types import AnyType, ArrayType, ItemType, MapType, NullType, ScalarType, check_tree
from pkgops.ytt.tree.base import Item, Node, copy_value, kind_name, walk
from pkgops.ytt.tree.nodes import Array, Map, MapItem
from pkgops.ytt.tree.position import Position
from pkgops.ytt.validation.rules import Rules, read_rules


def infer_item(node: Item) -> ItemType:
    """Return the type of a document, map item or array item of a schema.

    Raises:
        YttError: the schema is malformed.
    """
    value_type = _type_of(node)
    default = _default(node, value_type)
    rules = _rules(node)
    value_type.set_default(default)
    key = node.key if isinstance(node, MapItem) else None
    return ItemType(
        position=node.position,
        node_type=type(node),
        value_type=value_type,
        own_default=default,
        rules=rules,
        key=key,
    )


def _rules(node: Item) -> Rules | None:
    call = node.annotations.get(names.VALIDATION)
    if call is None:
        return None
    try:
        return read_rules(call)
    except YttError as error:
        raise YttError(f"Invalid @{names.VALIDATION} annotation - {error.text}") from None


def _type_of(node: Item) -> Type:
    try:
        annotated = _annotated(node)
    except SchemaProblem as error:
        raise schema_error("Invalid schema", [error.problem]) from None
    inferred = annotated if annotated is not None else _infer(node.value, node.position)
    if isinstance(inferred, AnyType):
        for below in walk(node.value):
            refuse_nested(below)
    elif node.value is None or inferred is None:
        raise schema_error("Invalid schema - null value not allowed here", [_null(node)])
    _document(node, inferred)
    return inferred


def _null(node: Item) -> Problem:
    hints = (
        "in YAML, omitting a value implies null.",
        "to set the default value to null, annotate with @schema/nullable.",
        "to allow any value, annotate with @schema/type any=True.",
    )
    return Problem(position=node.position, expected="non-null value", found="null value", hints=hints)


def _annotated(node: Item) -> Type | None:
    any_, nullable = is_any(node), is_nullable(node)
    if any_:
        return AnyType(position=node.position, own_default=None if nullable else node.value)
    if not nullable:
        return None
    try:
        inner = _infer(node.value, node.position)
    except YttError as error:
        raise headed(error) from None
    if inner is None:
        raise schema_error("Invalid schema - null value not allowed here", [_null(node)])
    return NullType(position=node.position, value_type=inner)


def _infer(value: Any, position: Position) -> Type | None:
    if isinstance(value, Map):
        return MapType(position=value.position, items=[infer_item(item) for item in value.items])
    if isinstance(value, Array):
        return _array(value)
    if value is None:
        return None
    if type(value) in (str, float, int, bool):
        return ScalarType(position=position, kind=type(value), own_default=value)
    what = f"to be a map, array, or scalar, but was {kind_name(value)}"
    raise YttError(f"Expected value '{value}' {what}")


def _array(node: Array) -> ArrayType:
    if len(node.items) != 1:
        hints = (
            "in schema, the one item of the array implies the type of its elements.",
            "in schema, the default value for an array is always an empty list.",
            "default values can be overridden via a data values overlay.",
        )
        problem = Problem(
            position=node.position,
            expected="exactly 1 array item, of the desired type",
            found=f"{len(node.items)} array items",
            hints=hints,
        )
        raise schema_error("Invalid schema - wrong number of items in array definition", [problem])
    return ArrayType(position=node.position, items=infer_item(node.items[0]), own_default=Array())


def _default(node: Item, kind: Type) -> Any:
    try:
        call = default_of(node, kind.expected())
    except SchemaProblem as error:
        raise schema_error("Invalid schema", [error.problem]) from None
    if call is None:
        return kind.default()
    value = call.args[0]
    problems = [problem.by(call.position, "at") for problem in _value_problems(value, kind)]
    if problems:
        raise schema_error(f"Invalid schema - @{names.DEFAULT} is wrong type", problems)
    return value


def _value_problems(value: Any, kind: Type) -> list[Problem]:
    """Check a value against a type; missing values of a tree are added."""
    if isinstance(value, Node):
        return kind.assign(value) or check_tree(value)
    return kind.check(MapItem(None, value, kind.position))


def _document(node: Item, kind: Type) -> None:
    try:
        description, title = string_of(node, names.DESCRIPTION), string_of(node, names.TITLE)
        examples = examples_of(node)
        deprecated = string_of(node, names.DEPRECATED)
    except SchemaProblem as error:
        raise schema_error("Invalid schema", [error.problem]) from None
    about = kind.documentation
    about.title, about.description = title or "", description or ""
    about.deprecated = deprecated is not None
    if examples is None:
        return
    found = [problem for _, value in examples.args for problem in _value_problems(copy_value(value), kind)]
    if found:
        problems = [problem.by(examples.position, "by") for problem in found]
        raise schema_error(f"Invalid schema - @{names.EXAMPLES} has wrong type", problems)
    about.examples = list(examples.args)
