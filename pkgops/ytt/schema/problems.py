"""Errors in a schema, or in a data value under a schema, and their formatting."""

from __future__ import annotations

from pkgops.values import Value, replace
from pkgops.ytt.errors import YttError
from pkgops.ytt.tree.position import Position


class Problem(Value, kw_only=True):
    """One thing that is wrong.

    Attributes:
        position: of the node.
        annotations: positions of the annotations that it is about.
        description: a sentence, where ``found`` and ``expected`` are not sufficient.
        found, expected: what there is, what there should be.
        hints: what to try.
    """

    position: Position
    annotations: tuple[Position, ...] = ()
    description: str = ""
    expected: str = ""
    found: str = ""
    hints: tuple[str, ...] = ()

    def by(self, annotation: Position, word: str) -> Problem:
        """The same problem, caused by an annotation."""
        where = f"{self.found} ({word} {annotation.compact()})"
        return replace(self, annotations=(annotation,), found=where)


class SchemaProblem(Exception):
    """Raised with one problem where an annotation is malformed."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.description)
        self.problem = problem


def schema_error(summary: str, problems: list[Problem]) -> YttError:
    """Return the error for a list of problems."""
    width = max((len(_line(problem.position)) for problem in problems), default=0)
    parts = [f"\n{summary}\n{'=' * len(summary)}\n"]
    parts += [_shown(problem, width) for problem in problems]
    return YttError("".join(parts) + "\n")


def headed(error: YttError) -> YttError:
    """Return an error within another one that has nothing but a heading, as the program reports some."""
    return YttError(f"\nInvalid schema\n==============\n{error.text} \n\n")


def _line(position: Position) -> str:
    return str(position.line) if position.known else "?"


def _pad(delimiter: str, text: str, width: int) -> str:
    return f"  {text:>{width}} {delimiter}"


def _shown(problem: Problem, width: int) -> str:
    bar, equals = _pad("|", "", width), _pad("=", "", width)
    lines = ["", problem.description] if problem.description else [""]
    lines += _memory(problem, width) if problem.position.from_memory else _source(problem, width, bar)
    lines += ["", f"{equals} found: {problem.found}" if problem.found else ""]
    lines.append(f"{equals} expected: {problem.expected}" if problem.expected else "")
    lines += [f"{equals} hint: {hint}" for hint in problem.hints]
    return "\n".join(lines) + "\n"


def _memory(problem: Problem, width: int) -> list[str]:
    mark = _pad("#", "", width)
    return ["Data value calculated:", mark, f"{mark} {problem.position.text}", mark]


def _source(problem: Problem, width: int, bar: str) -> list[str]:
    lines = [f"{problem.position.file}:", bar]
    places = sorted(problem.annotations, key=lambda place: place.line)
    previous: Position | None = None
    for place in (*places, problem.position):
        if previous is not None and not place.beside(previous):
            lines.append(f"{bar} ...")
        lines.append(f"{_pad('|', _line(place), width)} {place.text}")
        previous = place
    return [*lines, bar]
