"""Generated code: lines with the file and line that they were generated from."""

from __future__ import annotations

from pkgops.values import Value, made
from pkgops.ytt.starlark.compile_stmt import Step
from pkgops.ytt.starlark.lexer import MARK
from pkgops.ytt.tree.position import Position


class SourceLine(Value):
    """A line of a file, as error messages show it."""

    position: Position
    content: str


class CodeLine(Value):
    """One line of generated code, and its source; None for lines that only the compiler needs."""

    text: str
    source: SourceLine | None


class Code(Value, frozen=False):
    """The code of one template while it is being compiled, and its steps."""

    lines: list[CodeLine] = made(default_factory=list)
    steps: list[Step] = made(default_factory=list)

    def add(self, text: str, source: SourceLine | None) -> None:
        """Add a line of the template's own code."""
        if MARK in text:
            raise ValueError("code contains a NUL character")
        self.lines.append(CodeLine(text, source))

    def step(self, step: Step, source: SourceLine | None, arguments: str | None = None) -> None:
        """Add an instruction, with the text of its arguments in the language."""
        if arguments is not None and MARK in arguments:
            raise ValueError("code contains a NUL character")
        tail = "" if arguments is None else f"({arguments})"
        self.lines.append(CodeLine(f"{MARK}{len(self.steps)}{MARK}{tail}", source))
        self.steps.append(step)

    def text(self) -> str:
        """The code as one text; indentation is dropped where it does not continue a line."""
        out: list[str] = []
        continued = False
        for line in self.lines:
            text = line.text if continued else line.text.lstrip()
            continued = text.endswith("\\")
            out.append(text)
        return "\n".join(out)
