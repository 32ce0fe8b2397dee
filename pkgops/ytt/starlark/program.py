"""Compiled files, and running them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from pkgops.ytt.starlark.compile_stmt import StatementCompiler, Step, Stmt
from pkgops.ytt.starlark.errors import Frame, StarlarkError, SyntaxProblems
from pkgops.ytt.starlark.function import UNBOUND, FrameSlots
from pkgops.ytt.starlark.parser import parse
from pkgops.ytt.starlark.runtime import ModuleRun
from pkgops.ytt.starlark.universe import UNIVERSE
from pkgops.ytt.starlark.values import freeze

_RECURSION_LIMIT = 30_000


class Program:
    """The compiled code of one file. It has no state and can run any number of times."""

    def __init__(self, size: int, body: Stmt) -> None:
        self._size = size
        self._body = body

    def run(self, module: ModuleRun) -> None:
        """Run the file; its globals are in ``module`` afterwards.

        Raises:
            StarlarkError: the code failed.
        """
        frame: FrameSlots = [UNBOUND] * self._size
        frame[0], frame[1] = None, module
        _allow_deep_recursion()
        try:
            self._body(frame)
        except StarlarkError as error:
            error.frames.append(Frame("<toplevel>", module.name, error.line))
            raise
        for value in module.globals.values():
            freeze(value)


def _allow_deep_recursion() -> None:
    # Not restored afterwards: another thread may be in the middle of a deep evaluation.
    if sys.getrecursionlimit() < _RECURSION_LIMIT:
        sys.setrecursionlimit(_RECURSION_LIMIT)


def compile_program(
    code: str, steps: Sequence[Step] = (), predeclared: Mapping[str, Any] | None = None
) -> Program:
    """Compile the code of one file.

    Args:
        code: Starlark, with numbers of ``steps`` between NUL characters where they belong.
        steps: the instructions of the template compiler.
        predeclared: names that the file may use besides the universal ones.

    Raises:
        SyntaxProblems: it does not parse, or uses names that are not defined.
    """
    statements = parse(code)
    compiler = StatementCompiler(statements, steps, {**UNIVERSE, **(predeclared or {})})
    body = compiler.block(statements)
    if compiler.problems:
        raise SyntaxProblems(sorted(compiler.problems, key=lambda problem: problem.line))
    return Program(compiler.scope.size, body)
