"""Errors of running code as text: message, hint, call stack with source lines."""

from __future__ import annotations

import re
from collections.abc import Callable

from pkgops.ytt.starlark.errors import Frame, StarlarkError, SyntaxProblems
from pkgops.ytt.starlark.lexer import MARK
from pkgops.ytt.template.code import CodeLine
from pkgops.ytt.template.compiled import CompiledTemplate

FindTemplate = Callable[[str], CompiledTemplate | None]

_HINTS = {
    "undefined: true": "use 'True' instead of 'true' for boolean assignment",
    "undefined: false": "use 'False' instead of 'false' for boolean assignment",
    "got newline, want ':'": "missing colon at the end of 'if/for/def' statement?",
    "undefined: null": "use 'None' instead of 'null' to indicate no value",
    "undefined: nil": "use 'None' instead of 'nil' to indicate no value",
    "undefined: none": "use 'None' instead of 'none' to indicate no value",
    "unhandled index operation struct[string]": "use getattr(...) to access struct field programmatically",
}
_OPERATOR_HINTS = (
    (re.compile(r"unknown binary op: .+ \| .+"), "use 'or' instead of '|' for logical-or"),
    (re.compile(r"unknown binary op: .+ & .+"), "use 'and' instead of '&' for logical-and"),
)
_DOUBLED = {
    "got '&', want primary expression": ("&&", "use 'and' instead of '&&' for logical-and"),
    "got '|', want primary expression": ("||", "use 'or' instead of '||' for logical-or"),
}


def syntax_report(problems: SyntaxProblems, template: CompiledTemplate) -> str:
    """Return all problems of a template that could not be compiled."""
    lines = [""]
    for problem in problems.problems:
        lines.append(f"- {problem.message}{_hint(problem.message, _code(template, problem.line))}")
        lines += ["    " + shown for shown in _places(template, problem.line)]
    return "\n".join(lines)


def debug_report(template: CompiledTemplate) -> str:
    """Return the compiled code of a template, each line next to its source."""
    lines = [f"## file {template.name}", "### template"]
    for number, line in enumerate(template.lines, 1):
        source = line.source
        where = source.position.compact().rpartition(":")[2] if source else "????"
        shown = line.text.replace(MARK, "%")
        lines.append(f"{where:>4}: {number:>4}: {shown} | {source.content if source else ''}")
    return "\n".join(lines) + "\n"


def error_report(error: StarlarkError, find: FindTemplate) -> str:
    """Return an error of running code, innermost function first."""
    topic, *others = error.message.split("\n")
    lines = ["", f"- {topic}{_hint(error.message, '')}"]
    for frame in error.frames:
        lines += _frame(frame, find, error.frames)
    if others:
        lines += ["", "    reason:", *("     " + other for other in others)]
    return "\n".join(lines)


def _frame(frame: Frame, find: FindTemplate, frames: list[Frame]) -> list[str]:
    if frame.line == 0:
        return []
    template = find(frame.module)
    own = _places(template, frame.line) if template is not None else None
    places = _library_places(frame, find, frames) if own is None else own
    return [f"    in {frame.function}", *("      " + place for place in places)]


def _library_places(frame: Frame, find: FindTemplate, frames: list[Frame]) -> list[str]:
    """For a function of a ytt module: the line that loaded the module."""
    wanted = f'load("@ytt:{frame.module.partition(".")[0]}"'
    for caller in frames:
        template = find(caller.module)
        for line in template.lines if template is not None else ():
            if line.text.lstrip().startswith(wanted) and line.source is not None:
                return [_shown(line)]
    return [f"{frame.module}:{frame.line} | (unavailable)"]


def _places(template: CompiledTemplate, number: int) -> list[str]:
    """The source line of a line of code; for a line of the compiler's own, those around it."""
    line = template.lines[number - 1] if 0 < number <= len(template.lines) else None
    if line is not None and line.source is not None:
        return [_shown(line)]
    before = next((x for x in reversed(template.lines[: max(number - 1, 0)]) if x.source), None)
    after = next((x for x in template.lines[number:] if x.source), None)
    return [_shown(x) for x in (before, after) if x is not None]


def _shown(line: CodeLine) -> str:
    if line.source is None:
        raise AssertionError("the line has no source")
    return f"{line.source.position.compact()} | {line.source.content}"


def _code(template: CompiledTemplate, number: int) -> str:
    return template.lines[number - 1].text if 0 < number <= len(template.lines) else ""


def _hint(message: str, code: str) -> str:
    hint = _HINTS.get(message, "")
    for pattern, text in _OPERATOR_HINTS:
        if pattern.fullmatch(message):
            hint = text
    if message in _DOUBLED and _DOUBLED[message][0] in code:
        hint = _DOUBLED[message][1]
    return f" (hint: {hint})" if hint else ""
