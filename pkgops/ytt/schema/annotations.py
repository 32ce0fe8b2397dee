"""The annotations of a schema: ``@schema/type``, ``@schema/default`` and the others."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.convert import to_host
from pkgops.ytt.overlay.matching import go_name
from pkgops.ytt.schema.problems import Problem, SchemaProblem, headed, schema_error
from pkgops.ytt.starlark.values import type_name
from pkgops.ytt.tree.base import AnnotationCall, Collection, Node, copy_value
from pkgops.ytt.tree.convert import to_nodes
from pkgops.ytt.tree.nodes import ArrayItem, Document

TYPE, NULLABLE, DEFAULT = "schema/type", "schema/nullable", "schema/default"
TITLE, DESCRIPTION, EXAMPLES = "schema/title", "schema/desc", "schema/examples"
DEPRECATED, VALIDATION = "schema/deprecated", "schema/validation"
_TUPLE = "2-tuple containing description (string) and example value (of expected type)"
_ONE_STRING = "this annotation only accepts one argument: a string."


def _problem(node: Node, call: AnnotationCall, **parts: Any) -> SchemaProblem:
    return SchemaProblem(Problem(position=node.position, annotations=(call.position,), **parts))


def is_any(node: Node) -> bool:
    """Return whether a node has the annotation ``@schema/type any=True``."""
    call = node.annotations.get(TYPE)
    if call is None:
        return False
    by = f"(by {call.position.compact()})"
    if not call.kwargs:
        raise _problem(
            node,
            call,
            description=f"expected @{TYPE} annotation to have keyword argument and value",
            expected="valid keyword argument and value",
            found=f"missing keyword argument and value {by}",
            hints=("Supported key-value pairs are 'any=True', 'any=False'",),
        )
    unknown = f"unknown @{TYPE} annotation keyword argument"
    supported = ("Supported kwargs are 'any'",)
    for name, value in call.kwargs.items():
        if name != "any":
            actual = f"{name} {by}"
            expected = "A valid kwarg"
        elif type(value) is not bool:
            actual = f"{go_name(value)} {by}"
            expected = "starlark.Bool"
        else:
            continue
        raise _problem(node, call, description=unknown, expected=expected, found=actual, hints=supported)
    return bool(call.kwargs["any"])


def is_nullable(node: Node) -> bool:
    """Return whether a node has the annotation ``@schema/nullable``."""
    call = node.annotations.get(NULLABLE)
    if call is None:
        return False
    if call.kwargs:
        raise _problem(
            node,
            call,
            description=f"expected @{NULLABLE} annotation to not contain any keyword arguments",
            expected="starlark.Bool",
            found=f"keyword argument in @{NULLABLE} (by {call.position.compact()})",
            hints=("Supported kwargs are 'any'",),
        )
    return True


def _one_argument(node: Node, call: AnnotationCall, name: str, expected: str, hints: tuple[str, ...]) -> Any:
    by = f"(by {call.position.compact()})"
    if call.kwargs:
        actual = f"keyword argument in @{name} {by}"
    elif not call.args:
        actual, hints = f"missing value in @{name} {by}", ()
    elif len(call.args) > 1:
        actual, hints = f"{len(call.args)} values in @{name} {by}", ()
    else:
        return call.args[0]
    what = f"syntax error in @{name} annotation"
    raise _problem(node, call, description=what, expected=expected, found=actual, hints=hints)


def string_of(node: Node, name: str) -> str | None:
    """Return the only argument of an annotation, a string; None where the annotation is absent."""
    call = node.annotations.get(name)
    if call is None:
        return None
    if name == DEPRECATED and isinstance(node, Document):
        hints = (
            "do you mean to deprecate the entire schema document?",
            "use schema/deprecated on individual keys.",
        )
        raise _problem(node, call, description=f"@{DEPRECATED} not supported on a document", hints=hints)
    value = _one_argument(node, call, name, "string", (_ONE_STRING,))
    if type(value) is not str:
        actual = f"Non-string value in @{name} (by {call.position.compact()})"
        what = f"syntax error in @{name} annotation"
        raise _problem(node, call, description=what, expected="string", found=actual)
    return value


def default_of(node: Node, expected: str) -> AnnotationCall | None:
    """Return ``@schema/default`` of a node with its checked argument as a tree, or None."""
    call = node.annotations.get(DEFAULT)
    if call is None:
        return None
    if isinstance(node, Collection):
        summary = f"Invalid schema - @{DEFAULT} not supported on {node.display}"
        raise schema_error(summary, [Problem(position=node.position, annotations=(call.position,))])
    if isinstance(node, ArrayItem):
        hints = (
            "do you mean to set a default value for the array?",
            "set an array's default by annotating its parent.",
        )
        summary = f"Invalid schema - @{DEFAULT} not supported on array item"
        raise headed(
            schema_error(
                summary, [Problem(position=node.position, annotations=(call.position,), hints=hints)]
            )
        )
    hints = (
        "this annotation only accepts one argument: the default value.",
        "value must be in Starlark format, e.g.: {'key': 'value'}, True.",
    )
    value = _one_argument(node, call, DEFAULT, expected, hints)
    tree = to_nodes(copy_value(to_host(value)), node.position)
    return AnnotationCall((tree,), {}, call.position)


def examples_of(node: Node) -> AnnotationCall | None:
    """Return ``@schema/examples`` of a node with pairs of description and tree, or None."""
    call = node.annotations.get(EXAMPLES)
    if call is None:
        return None
    by = f"(by {call.position.compact()})"
    actual = ""
    if call.kwargs:
        actual = f"keyword argument in @{EXAMPLES} {by}"
    elif not call.args:
        actual = f"missing value in @{EXAMPLES} {by}"
    pairs = []
    for example in call.args if not actual else ():
        actual = actual or _example_problem(example, call)
        if not actual:
            pairs.append((example[0], to_nodes(copy_value(to_host(example[1])), node.position)))
    if actual:
        what = f"syntax error in @{EXAMPLES} annotation"
        raise _problem(node, call, description=what, expected=_TUPLE, found=actual)
    return AnnotationCall(tuple(pairs), {}, call.position)


def _example_problem(example: Any, call: AnnotationCall) -> str:
    by, at = (f"({word} {call.position.compact()})" for word in ("by", "at"))
    if type(example) is not tuple:
        return f"{type_name(example)} for @{EXAMPLES} {at}"
    if len(example) < 2:
        return f"empty tuple in @{EXAMPLES} {by}"
    if len(example) > 2:
        return f"{len(example)}-tuple argument in @{EXAMPLES} {by}"
    if type(example[0]) is not str:
        return f"{type_name(example[0])} value for @{EXAMPLES} {at}"
    return ""


def refuse_nested(node: Node) -> None:
    """Refuse annotations of types on a node within one of any type."""
    names = [name for name in (NULLABLE, TYPE, DEFAULT) if name in node.annotations]
    if names:
        positions = tuple(node.annotations[name].position for name in names)
        problem = Problem(
            position=node.position,
            annotations=positions,
            description='Schema was specified within an "any type" fragment',
            expected="no '@schema/...' on nodes within a node annotated '@schema/type any=True'",
            found=f"@{', @'.join(names)} annotation(s)",
            hints=(
                'an "any type" fragment has no constraints; nested schema annotations '
                "conflict and are disallowed",
            ),
        )
        raise schema_error("Invalid schema", [problem])
