"""Input files: their names, content and types."""

from __future__ import annotations

from pkgops.values import Value

YAML, TEXT, STARLARK, DATA = "yaml", "text", "starlark", "data"
_TYPES = {".yaml": YAML, ".yml": YAML, ".txt": TEXT, ".star": STARLARK}


class InputFile(Value, kw_only=True):
    """A file for the engine.

    Attributes:
        path: relative, with ``/``; its name decides how it is processed.
        content: UTF-8 text, or bytes.
        implied: found in a directory rather than named.
        original: the path that file marks match; the same as ``path`` where empty.
        type: one of yaml, text, starlark, data; decided by the name where empty.
        template: whether it is a template; decided by the name where None.
        for_output: whether its result is printed; decided by the rest where None.
    """

    path: str
    content: str | bytes
    implied: bool = False
    original: str = ""
    type: str = ""
    template: bool | None = None
    for_output: bool | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def kind(self) -> str:
        """How the file is processed."""
        if self.type:
            return self.type
        return next((kind for ending, kind in _TYPES.items() if self.name.endswith(ending)), DATA)

    def is_library(self) -> bool:
        """Whether other files can load it."""
        pieces = self.name.split(".")
        return (len(pieces) > 2 and pieces[-2] == "lib") or self.kind() == STARLARK

    def is_template(self) -> bool:
        """Whether comments and markers in it are code."""
        return self._named_template() if self.template is None else self.template

    def _named_template(self) -> bool:
        return not self.is_library() and self.kind() in (YAML, TEXT)

    def is_for_output(self) -> bool:
        """Whether its result is part of the output."""
        if self.for_output is not None:
            return self.for_output
        return bool(self.template) or self._named_template()

    def text(self) -> str:
        """The content as text; bytes that are not UTF-8 are kept as surrogates."""
        if isinstance(self.content, bytes):
            return self.content.decode("utf-8", "surrogateescape")
        return self.content
