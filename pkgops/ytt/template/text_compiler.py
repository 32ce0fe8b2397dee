"""From text with code in it to instructions that build the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.compile_stmt import Step
from pkgops.ytt.template.code import Code, SourceLine
from pkgops.ytt.template.compiled import CompiledTemplate
from pkgops.ytt.template.contexts import TemplateHost
from pkgops.ytt.template.text_parser import TextPart, parse_text
from pkgops.ytt.tree.position import Position

Sources = Callable[[Position, str], SourceLine | None]


def compile_text(name: str, text: str) -> CompiledTemplate:
    """Compile a text template.

    Raises:
        TemplateError: a marker has no counterpart.
    """
    code = Code()
    code.step(Step(lambda host, args, kwargs: None, dialect="text"), None)
    _parts(code, parse_text(text, Position(name, 1)), SourceLine)
    return CompiledTemplate(name, code, [], "text")


def compile_inline(code: Code, parts: list[TextPart], source: Sources) -> None:
    """Add the code of a text template within a YAML string; it leaves a text context open."""

    def begin(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        host.begin("text")

    code.step(Step(begin, dialect="text"), None)
    _parts(code, parts, source)


def _parts(code: Code, parts: list[TextPart], source: Sources) -> None:
    for index, part in enumerate(parts):
        if part.is_code:
            _code(code, part, source)
        else:
            code.step(
                Step(_emit_text(_trimmed(parts, index)), emits=True), source(part.position, part.content)
            )


def _trimmed(parts: list[TextPart], index: int) -> str:
    text = parts[index].content
    if index and parts[index - 1].trims_right:
        text = text.lstrip()
    if index + 1 < len(parts) and parts[index + 1].trims_left:
        text = text.rstrip()
    return text


def _code(code: Code, part: TextPart, source: Sources) -> None:
    if part.prints:
        code.step(Step(_emit_value, emits=True), source(part.position, part.content), f"({part.code})")
        return
    for number, line in enumerate(part.code.split("\n")):
        code.add(line, source(part.position.moved(number), line))


def _emit_text(text: str) -> Callable[[TemplateHost, tuple[Any, ...], dict[str, Any]], None]:
    def run(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        host.text.add(text)

    return run


def _emit_value(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    host.text.add(args[0])
