"""Functions written in the language: binding arguments and running the body."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.values import Value
from pkgops.ytt.starlark.data import Dict
from pkgops.ytt.starlark.errors import Frame, StarlarkError
from pkgops.ytt.starlark.runtime import ModuleRun
from pkgops.ytt.starlark.scope import FIRST_SLOT
from pkgops.ytt.starlark.values import Callable_, freeze, type_name

UNBOUND: Any = object()
"""The value of a slot before its first assignment."""
FrameSlots = list[Any]


class FunctionCode(Value, frozen=False, kw_only=True):
    """The part of a function that is the same for all its closures.

    Attributes:
        name: as messages show it; ``lambda`` for a lambda.
        plain: names of the parameters that can be given by position.
        keyword_only: names of the parameters after ``*``.
        varargs, kwargs: the names after ``*`` and ``**``; empty if there are none.
        size: slots of a frame.
        line: where the body starts; errors while binding arguments are reported there.
        body: runs the body; returns a tuple of one for ``return``.
        dialect: of the template nodes in the body; empty if there are none.
    """

    name: str
    plain: list[str]
    keyword_only: list[str]
    varargs: str
    kwargs: str
    size: int = FIRST_SLOT
    line: int = 0
    body: Callable[[FrameSlots], Any] = lambda frame: None
    dialect: str = ""

    def set_up(self) -> None:
        self.empty = not (self.plain or self.keyword_only or self.varargs or self.kwargs)

    empty: bool = False


class Function(Callable_):
    """A closure: code, values of defaults, and the frame in which it was defined."""

    __slots__ = ("code", "defaults", "frozen", "name", "parent", "run")

    def __init__(self, code: FunctionCode, defaults: dict[str, Any], parent: FrameSlots) -> None:
        self.code = code
        self.name = code.name
        self.defaults = defaults
        self.parent = parent
        self.frozen = False
        self.run: ModuleRun = parent[1]

    def text(self) -> str:
        return f"<function {self.name}>"

    def freeze(self) -> None:
        if self.frozen:
            return
        self.frozen = True
        for value in self.defaults.values():
            freeze(value)
        # The variables of functions around this one, up to the file, whose globals are frozen anyway.
        if self.parent[0] is not None:
            for value in self.parent[FIRST_SLOT:]:
                freeze(value)

    def parameter_count(self) -> int:
        """The number of all parameters, ``*args`` and ``**kwargs`` included."""
        code = self.code
        return len(code.plain) + len(code.keyword_only) + bool(code.varargs) + bool(code.kwargs)

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run the function.

        Raises:
            StarlarkError: with this function added to its call stack.
        """
        code = self.code
        limits = self.run.limits
        try:
            limits.enter()
            frame = self._frame(args, kwargs)
            return self._run_template(frame) if code.dialect else self._run(frame)
        except StarlarkError as error:
            error.frames.append(Frame(code.name, self.run.name, error.line or code.line))
            error.line = 0
            raise
        finally:
            limits.level -= 1

    def _run(self, frame: FrameSlots) -> Any:
        outcome = self.code.body(frame)
        return outcome[0] if outcome else None

    def _run_template(self, frame: FrameSlots) -> Any:
        host = self.run.host
        host.begin(self.code.dialect)
        outcome = self.code.body(frame)
        if not outcome:
            return host.end()
        host.discard()
        return outcome[0]

    def _frame(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> FrameSlots:
        code = self.code
        if code.empty and not args and not kwargs:
            frame = [UNBOUND] * code.size
        else:
            values = self._bind(args, kwargs)
            frame = [None, None, *values, *[UNBOUND] * (code.size - FIRST_SLOT - len(values))]
        frame[0] = self.parent
        frame[1] = self.run
        return frame

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        """Return the values of plain parameters, keyword-only ones, varargs, kwargs, in this order."""
        code = self.code
        if code.empty:
            message = f"function {self.name} accepts no arguments ({len(args) + len(kwargs)} given)"
            raise StarlarkError(message)
        self._check_count(args)
        bound = dict(zip(code.plain, args, strict=False))
        extra = self._bind_named(bound, kwargs)
        missing = []
        for name in (*code.plain, *code.keyword_only):
            if name not in bound:
                if name in self.defaults:
                    bound[name] = self.defaults[name]
                else:
                    missing.append(name)
        if missing:
            plural = "s" if len(missing) > 1 else ""
            listed = ", ".join(missing)
            raise StarlarkError(f"function {self.name} missing {len(missing)} argument{plural} ({listed})")
        values = [bound[name] for name in (*code.plain, *code.keyword_only)]
        if code.varargs:
            values.append(tuple(args[len(code.plain) :]))
        if code.kwargs:
            values.append(extra)
        return values

    def _check_count(self, args: tuple[Any, ...]) -> None:
        code = self.code
        most = len(code.plain)
        if len(args) <= most or code.varargs:
            return
        some = "at most " if any(name in self.defaults for name in code.plain) else ""
        plural = "" if most == 1 else "s"
        accepts = f"{some}{most} positional argument{plural} ({len(args)} given)"
        raise StarlarkError(f"function {self.name} accepts {accepts}")

    def _bind_named(self, bound: dict[str, Any], kwargs: dict[str, Any]) -> Dict:
        extra = Dict()
        code = self.code
        for name, value in kwargs.items():
            if name in code.plain or name in code.keyword_only:
                if name in bound:
                    what = f'got multiple values for parameter "{name}"'
                    raise StarlarkError(f"function {self.name} {what}")
                bound[name] = value
            elif code.kwargs:
                extra.put(name, value)
            else:
                what = f'got an unexpected keyword argument "{name}"'
                raise StarlarkError(f"function {self.name} {what}")
        return extra


def call(target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a value.

    Raises:
        StarlarkError: it cannot be called, or fails.
    """
    if isinstance(target, Callable_):
        return target.call(args, kwargs)
    raise StarlarkError(f"invalid call of non-function ({type_name(target)})")
