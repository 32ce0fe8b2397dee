"""Errors of Starlark code, before a source line is attached to them."""

from __future__ import annotations

from pkgops.values import Value


class Frame(Value):
    """One entry of a call stack: the function, its module, and a 1-based line of generated code."""

    function: str
    module: str
    line: int


class StarlarkError(Exception):
    """An error during evaluation, with the call stack it passed through, innermost first.

    Attributes:
        message: the message of starlark-go.
        line: line of generated code in the function that is being left; 0 while unknown.
        frames: the functions that have been left already, innermost first.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
        self.line = 0
        self.frames: list[Frame] = []


class LimitError(Exception):
    """A template was stopped: too many steps, too much time. No template can catch it."""


class Problem(Value):
    """A message about a line of generated code."""

    message: str
    line: int


class SyntaxProblems(Exception):
    """The code does not parse, or uses names that do not exist."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__()
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(problem.message for problem in self.problems)


def syntax_problem(message: str, line: int) -> SyntaxProblems:
    """Build the exception for a single problem."""
    return SyntaxProblems([Problem(message, line)])
