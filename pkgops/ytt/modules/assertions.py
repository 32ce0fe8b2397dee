"""``@ytt:assert``, and the assertions that validation rules are made of."""

from __future__ import annotations

from typing import Any

from pkgops.ytt.convert import to_host
from pkgops.ytt.modules.encodings import decode_yaml, encode_yaml, yaml_module
from pkgops.ytt.modules.support import Args, Function, Kwargs, ModuleContext, module, text
from pkgops.ytt.overlay.matching import go_name
from pkgops.ytt.starlark.data import Dict, List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.iterate import iterate_or_none, length
from pkgops.ytt.starlark.program import compile_program
from pkgops.ytt.starlark.runtime import Limits, ModuleRun, NoHost
from pkgops.ytt.starlark.text import representation
from pkgops.ytt.starlark.values import MISSING, Builtin, Callable_, type_name
from pkgops.ytt.values import Opaque

_KIND = "@ytt:assert.assertion"
_CHECKS = {
    "max_len": (
        'lambda sequence: True if len(sequence) <= given else fail("length = {}".format(len(sequence)))'
    ),
    "min_len": (
        'lambda sequence: True if len(sequence) >= given else fail("length = {}".format(len(sequence)))'
    ),
    "min": (
        "lambda val: yaml.decode(yaml.encode(val)) >= yaml.decode(yaml.encode(given)) "
        'or fail("value < {}".format(yaml.decode(yaml.encode(given))))'
    ),
    "max": (
        "lambda val: yaml.decode(yaml.encode(val)) <= yaml.decode(yaml.encode(given)) "
        'or fail("value > {}".format(yaml.decode(yaml.encode(given))))'
    ),
    "not_null": 'lambda value: value != None or fail("value is null")',
    "one_of": (
        "lambda val: yaml.decode(yaml.encode(val)) in yaml.decode(yaml.encode(given)) "
        'or fail("not one of allowed values")'
    ),
}


def make(name: str, context: ModuleContext) -> dict[str, Any]:
    """Return the module."""
    functions: dict[str, Function] = {
        "equals": _equals, "fail": _fail, "try_to": _try_to, "min": _comparing("min"),
        "max": _comparing("max"), "min_len": _measuring("min_len"), "max_len": _measuring("max_len"),
        "not_null": _not_null, "one_not_null": _one_not_null, "one_of": _one_of,
    }  # fmt: skip
    return module(name, functions)


def check_function(name: str, given: Any = None) -> Callable_:
    """Return the function of the language that checks a value.

    Args:
        name: max_len, min_len, min, max, not_null or one_of.
        given: what it compares with.
    """
    yaml = yaml_module() if "yaml." in _CHECKS[name] else None
    program = compile_program(f"check = {_CHECKS[name]}", (), {"given": given, "yaml": yaml})
    run = ModuleRun(f"assert.{name}", NoHost(), Limits(), lambda module: {})
    program.run(run)
    check: Callable_ = run.globals["check"]
    return check


def assertion(check: Callable_) -> Opaque:
    """Return the value that the functions of the module return."""
    value = Opaque(_KIND, {"check": check}, None, "struct(...)")
    value.hint = f"{_KIND} does not encode (did you mean to call check()?)"
    return value


def _count(args: Args, wanted: int) -> None:
    if len(args) != wanted:
        raise StarlarkError(f"got {len(args)} arguments, want {wanted}")


def _comparing(name: str) -> Function:
    def run(args: Args, kwargs: Kwargs) -> Opaque:
        _count(args, 1)
        return assertion(check_function(name, args[0]))

    return run


def _measuring(name: str) -> Function:
    def run(args: Args, kwargs: Kwargs) -> Opaque:
        _count(args, 1)
        if type(args[0]) not in (int, float):
            raise StarlarkError(f"expected value to be an number, but was {type_name(args[0])}")
        return assertion(check_function(name, int(args[0])))

    return run


def _equals(args: Args, kwargs: Kwargs) -> None:
    _count(args, 2)
    shown = []
    for value in args:
        if isinstance(value, Callable_):
            raise StarlarkError(f"expected argument not to be a function, but was {go_name(value)}")
        shown.append(encode_yaml(value))
    if shown[0] != shown[1]:
        expected = f"(expected type: {type_name(args[0])})\n{shown[0]}"
        raise StarlarkError(f"Not equal:\n{expected}\n\n(was type: {type_name(args[1])})\n{shown[1]}")


def _fail(args: Args, kwargs: Kwargs) -> None:
    _count(args, 1)
    raise StarlarkError(f"fail: {text(args[0])}")


def _try_to(args: Args, kwargs: Kwargs) -> tuple[Any, Any]:
    _count(args, 1)
    if not isinstance(args[0], Callable_):
        raise StarlarkError(f"expected argument to be a function, but was {go_name(args[0])}")
    try:
        return call(args[0], (), {}), None
    except StarlarkError as error:
        return None, error.message


def _not_null(args: Args, kwargs: Kwargs) -> Any:
    if len(args) > 1:
        raise StarlarkError(f"got {len(args)} arguments, want at most 1")
    check = check_function("not_null")
    return call(check, args, {}) if args else assertion(check)


def _one_of(args: Args, kwargs: Kwargs) -> Opaque:
    if not args:
        raise StarlarkError("got 0 arguments, want at least 1")
    allowed = args if len(args) > 1 else args[0]
    if not is_sequence(allowed):
        raise StarlarkError(f"expected a sequence, but was a '{type_name(allowed)}'")
    return assertion(check_function("one_of", allowed))


def is_sequence(value: Any) -> bool:
    """Whether a value can be iterated over and has a length."""
    return not isinstance(value, str) and iterate_or_none(value) is not None and length(value) >= 0


def _one_not_null(args: Args, kwargs: Kwargs) -> Opaque:
    if len(args) > 1:
        raise StarlarkError(f"got {len(args)} arguments, want 1")
    if args and args[0] is False:
        raise StarlarkError("one_not_null() cannot be False")
    if args and args[0] is not True and not is_sequence(args[0]):
        raise StarlarkError(f"expected a sequence of keys, but was a '{type_name(args[0])}'")
    return assertion(one_not_null_check(None if not args or args[0] is True else args[0]))


def one_not_null_check(keys: Any) -> Callable_:
    """Return the function that checks that exactly one of some keys (all, for None) has a value."""

    def check(args: Args, kwargs: Kwargs) -> bool:
        if len(args) != 1:
            raise StarlarkError(f"check: got {len(args)} arguments, want 1")
        value = _plain(args[0])
        if not isinstance(value, Dict):
            raise StarlarkError(f"check: value must be a map or dict, but was '{type_name(value)}'")
        wanted = (
            [k for k, _ in value.pairs()]
            if keys is None
            else [_plain(k) for k in iterate_or_none(keys) or ()]
        )
        return _exactly_one(value, wanted)

    return Builtin("assert.one_not_null", check)


def _exactly_one(value: Dict, keys: list[Any]) -> bool:
    set_ = [key for key in keys if value.get(key) not in (None, MISSING)]
    if not value.data:
        raise StarlarkError("check: value is empty")
    if not set_:
        raise StarlarkError("check: all values are null")
    if len(set_) > 1:
        raise StarlarkError(f"check: {representation(List(set_))} are not null")
    return True


def _plain(value: Any) -> Any:
    to_host(value)
    return decode_yaml(encode_yaml(value))
