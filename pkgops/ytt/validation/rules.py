"""The rules of ``@assert/validate`` and ``@schema/validation`` for a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from pkgops import values
from pkgops.ytt.errors import YttError
from pkgops.ytt.starlark.function import Function, call
from pkgops.ytt.starlark.text import representation
from pkgops.ytt.starlark.values import MISSING, Callable_, Value, type_name
from pkgops.ytt.tree.base import AnnotationCall
from pkgops.ytt.tree.position import Position
from pkgops.ytt.values import Struct


class Rule(values.Value):
    """One rule.

    Attributes:
        description: what a valid value is.
        check: returns True for a valid value, or fails with the reason.
        critical: runs first, and keeps the others from running where it is not met.
    """

    description: str
    check: Callable_
    critical: bool = False


class Rules(values.Value, kw_only=True):
    """The rules of one annotation.

    Attributes:
        rules: in the order in which they run.
        when: decides from the value, and what surrounds it, whether they run; None: always.
        on_null: whether they run on null as well.
        position: of the annotation.
        named: the arguments such as ``min_len``.
    """

    rules: tuple[Rule, ...]
    when: Callable_ | None
    on_null: bool
    position: Position
    named: Mapping[str, Any]

    def apply_to(self, value: Any, parent: Any, root: Any) -> bool:
        """Whether the rules run.

        Raises:
            YttError: ``when`` does not take one or two parameters, or does not return a bool.
            StarlarkError: ``when`` fails.
        """
        if value is None and not self.on_null:
            return False
        if self.when is None:
            return True
        result = call(self.when, self._arguments(value, parent, root), {})
        if type(result) is not bool:
            raise YttError(f"want when= to be bool, got {type_name(result)}")
        return result

    def _arguments(self, value: Any, parent: Any, root: Any) -> tuple[Any, ...]:
        count = self.when.parameter_count() if isinstance(self.when, Function) else 1
        if count == 1:
            return (value,)
        if count == 2:
            return value, Struct({"parent": parent, "root": root})
        what = f"function must accept 1 or 2 arguments ({count} given)"
        raise YttError(f"Failed to evaluate when=: {what}")


def read_rules(annotation: AnnotationCall) -> Rules:
    """Read the arguments of an annotation.

    Raises:
        YttError: they are malformed.
    """
    where = annotation.position.compact()
    if not annotation.args and not annotation.kwargs:
        what = "expected annotation to have 2-tuple as argument(s), but found no arguments"
        raise YttError(f"{what} (by {where})")
    rules = [_custom(arg, where) for arg in annotation.args]
    when = None
    for name, value in annotation.kwargs.items():
        if name == "when":
            when = _when(value, where)
        elif name not in _NAMED:
            raise YttError(f'unknown keyword argument "{name}" (at {where})')
    for name, make in _NAMED.items():
        if name in annotation.kwargs:
            rules += make(name, annotation.kwargs[name], where)
    rules.sort(key=lambda rule: not rule.critical)
    on_null = annotation.kwargs.get("not_null") is True
    return Rules(
        rules=tuple(rules), when=when, on_null=on_null, position=annotation.position, named=annotation.kwargs
    )


def _when(value: Any, where: str) -> Callable_:
    if not isinstance(value, Callable_):
        what = f'expected keyword argument "when" to be a function, but was {type_name(value)}'
        raise YttError(f"{what} (at {where})")
    return value


def _custom(arg: Any, where: str) -> Rule:
    if type(arg) is not tuple:
        found = representation(arg)
        what = f"expected annotation to have 2-tuple as argument(s), but found: {found}"
        raise YttError(f"{what} (by {where})")
    if len(arg) != 2:
        raise YttError(f"expected 2-tuple, but found tuple with length {len(arg)} (by {where})")
    description, check = arg
    if type(description) is not str:
        what = "expected first item in the 2-tuple to be a string describing a valid value"
        raise YttError(f"{what}, but was {type_name(description)} (at {where})")
    if not isinstance(check, Callable_):
        check = _check_of(check, where)
    return Rule(description, check)


def _check_of(value: Any, where: str) -> Callable_:
    if not isinstance(value, Value):
        kind = type_name(value)
        what = "expected second item in tuple to be an assertion function or assertion object"
        if kind not in ("string", "list", "dict", "set"):
            what = "expected second item in the 2-tuple to be an assertion function"
            raise YttError(f"{what}, but was {kind} (at {where})")
        raise YttError(f"{what}, but was a {kind} (at {where})")
    check = value.attribute("check")
    if check is MISSING:
        what = "expected second item in tuple to be an assertion function or assertion object"
        raise YttError(f"{what}, but was a {type_name(value)} (at {where})")
    if not isinstance(check, Callable_):
        what = f"expected struct with attribute check(), but was {type_name(check)}"
        raise YttError(f"{what} (at {where})")
    return check


def _assertions() -> ModuleType:
    """Return the module of checks; most templates have no rules, so that it is imported when one is read."""
    from pkgops.ytt.modules import assertions as module

    return module


def _check(name: str, given: Any = None) -> Callable_:
    check: Callable_ = _assertions().check_function(name, given)
    return check


def _length(name: str, value: Any, where: str) -> list[Rule]:
    if type(value) not in (int, float):
        what = f'expected keyword argument "{name}" to be a number, but was {type_name(value)}'
        raise YttError(f"{what} (at {where})")
    symbol = ">=" if name == "min_len" else "<="
    return [Rule(f"length {symbol} {int(value)}", _check(name, int(value)))]


def _bound(name: str, value: Any, where: str) -> list[Rule]:
    symbol = ">=" if name == "min" else "<="
    return [Rule(f"a value {symbol} {representation(value)}", _check(name, value))]


def _not_null(name: str, value: Any, where: str) -> list[Rule]:
    if type(value) is not bool:
        what = f'expected keyword argument "{name}" to be a boolean, but was {type_name(value)}'
        raise YttError(f"{what} (at {where})")
    return [Rule("not null", _check("not_null"), critical=True)] if value else []


def _one_not_null(name: str, value: Any, where: str) -> list[Rule]:
    if value is False:
        raise YttError("one_not_null= cannot be False")
    if value is not True and not _assertions().is_sequence(value):
        raise YttError(f"expected True or a sequence of keys, but was a '{type_name(value)}'")
    keys = "all children" if value is True else representation(value)
    check = _assertions().one_not_null_check(None if value is True else value)
    return [Rule(f"exactly one of {keys} to be not null", check)]


def _one_of(name: str, value: Any, where: str) -> list[Rule]:
    if not _assertions().is_sequence(value):
        raise YttError(f"expected keyword argument {name} to be a sequence, but was {type_name(value)}")
    return [Rule(f"one of {representation(value)}", _check("one_of", value))]


_NAMED: dict[str, Callable[[str, Any, str], list[Rule]]] = {
    "min_len": _length,
    "max_len": _length,
    "min": _bound,
    "max": _bound,
    "not_null": _not_null,
    "one_not_null": _one_not_null,
    "one_of": _one_of,
}
