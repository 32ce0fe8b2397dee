"""Shared code of the closures of expressions: steps of comprehensions, unpacking, parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark import nodes
from pkgops.ytt.starlark.arguments import Kwargs
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import FrameSlots, FunctionCode
from pkgops.ytt.starlark.iterate import iterate, iterate_or_none
from pkgops.ytt.starlark.nodes import Node
from pkgops.ytt.starlark.values import Value, truth, type_name

Expr = Callable[[FrameSlots], Any]


def at(error: StarlarkError, line: int) -> StarlarkError:
    """Return the error, with its place in the current function if it has none yet."""
    if not error.line:
        error.line = line
    return error


def if_step(condition: Expr) -> Callable[[FrameSlots, Any, Callable[[], None]], None]:
    """Return the step of an ``if`` clause: continues where the condition is true."""

    def run(frame: FrameSlots, source: Any, following: Callable[[], None]) -> None:
        if truth(condition(frame)):
            following()

    return run


def for_step(
    source: Expr | None, setter: Callable[[FrameSlots, Any], None], line: int
) -> Callable[[FrameSlots, Any, Callable[[], None]], None]:
    """Return the step of a ``for`` clause; ``source`` is None for the first one."""

    def run(frame: FrameSlots, first: Any, following: Callable[[], None]) -> None:
        limits = frame[1].limits
        try:
            values = iterate(first if source is None else source(frame))
        except StarlarkError as error:
            raise at(error, line)  # noqa: B904
        for value in values:
            limits.step()
            setter(frame, value)
            following()

    return run


def unpacked_parts(value: Any, wanted: int) -> list[Any]:
    """Return the items of a value that is assigned to several targets."""
    found = iterate_or_none(value)
    if found is None:
        raise StarlarkError(f"got {type_name(value)} in sequence assignment")
    parts = list(found)
    if len(parts) != wanted:
        few = "few" if len(parts) < wanted else "many"
        raise StarlarkError(f"too {few} values to unpack (got {len(parts)}, want {wanted})")
    return parts


def star_items(value: Any) -> list[Any]:
    """Return the arguments after ``*``."""
    parts = iterate_or_none(value)
    if parts is None:
        raise StarlarkError(f"argument after * must be iterable, not {type_name(value)}")
    return list(parts)


def merge_named(kwargs: Kwargs, mapping: Any) -> None:
    """Add the arguments after ``**``."""
    if not (isinstance(mapping, Value) and mapping.is_mapping):
        raise StarlarkError(f"argument after ** must be a mapping, not {type_name(mapping)}")
    for key in mapping.iterate() or ():
        if type(key) is not str:
            raise StarlarkError(f"keywords must be strings, not {type_name(key)}")
        if key in kwargs:
            raise StarlarkError(f"keyword argument {key} repeated")
        kwargs[key] = mapping.get(key)


def described(node: Node) -> str:
    """Return the name in messages of an expression that cannot be assigned to."""
    return {
        nodes.Call: "callexpr",
        nodes.Binary: "binaryexpr",
        nodes.Unary: "unaryexpr",
        nodes.Literal: "literal",
        nodes.Conditional: "condexpr",
        nodes.Lambda: "lambdaexpr",
        nodes.Slice: "sliceexpr",
        nodes.Comprehension: "comprehension",
        nodes.DictExpr: "dictexpr",
    }.get(type(node), "expression")


def function_code(
    name: str, parameters: list[nodes.Parameter], problem: Callable[[str, int], None], line: int
) -> FunctionCode:
    """Sort parameters into kinds; reports those in the wrong order and duplicates."""
    code = FunctionCode(name=name, plain=[], keyword_only=[], varargs="", kwargs="", line=line)
    seen: set[str] = set()
    starred = optional = False
    for parameter in parameters:
        if parameter.name and parameter.name in seen:
            problem(f"duplicate parameter: {parameter.name}", parameter.line)
        seen.add(parameter.name)
        if code.kwargs:
            problem(f"parameter may not follow **{code.kwargs}", parameter.line)
        if parameter.star == "**":
            code.kwargs = parameter.name
        elif parameter.star == "*":
            if starred:
                problem("multiple * parameters not allowed", parameter.line)
            starred, code.varargs = True, parameter.name
        elif starred:
            code.keyword_only.append(parameter.name)
        else:
            if parameter.default is None and optional:
                problem("required parameter may not follow optional", parameter.line)
            optional = optional or parameter.default is not None
            code.plain.append(parameter.name)
    if starred and not code.varargs and not code.keyword_only:
        problem("bare * must be followed by keyword-only parameters", line)
    code.empty = not parameters
    return code
