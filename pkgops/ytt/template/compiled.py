"""A compiled template: it can be run any number of times, and finds the lines for its errors."""

from __future__ import annotations

from pkgops.ytt.starlark.program import Program, compile_program
from pkgops.ytt.template.code import Code, CodeLine
from pkgops.ytt.template.contexts import Slot, TemplateHost


class CompiledTemplate:
    """Code, the nodes that it emits, and its program once it has been needed."""

    def __init__(
        self, name: str, code: Code, slots: list[Slot], dialect: str, *, override_keys: bool = False
    ) -> None:
        self.name = name
        self.lines: list[CodeLine] = code.lines
        self.dialect = dialect
        self._code = code
        self._slots = slots
        self._override_keys = override_keys
        self._program: Program | None = None

    def program(self) -> Program:
        """The program.

        Raises:
            SyntaxProblems: the code does not parse, or uses undefined names.
        """
        if self._program is None:
            self._program = compile_program(self._code.text(), self._code.steps)
        return self._program

    def host(self) -> TemplateHost:
        """A host for one run, with the context of the file open."""
        host = TemplateHost(self._slots, override_keys=self._override_keys)
        if self.dialect:
            host.begin(self.dialect)
        return host


def compile_starlark(name: str, text: str) -> CompiledTemplate:
    """Compile a file that contains only code."""
    from pkgops.ytt.template.code import SourceLine
    from pkgops.ytt.tree.position import Position

    code = Code()
    for number, line in enumerate(text.split("\n"), 1):
        code.add(line, SourceLine(Position(name, number), line))
    return CompiledTemplate(name, code, [], "")
