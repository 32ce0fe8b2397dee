"""The output of ``--diff-changes``: each change as kapp shows it, line by line.

Source: kapp's ``pkg/kapp/diff/text_diff_view.go`` and ``masked_resource.go``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from pkgops.formats import goyaml
from pkgops.kapp.change import Change, Differ
from pkgops.kapp.identity import Obj

Line = tuple[str, str, int, int]
"""A mark (``+``, ``-`` or a space), the text, and its numbers before and after."""


@dataclass(slots=True)
class DiffView:
    """How changes are shown.

    Attributes:
        differ: the rules.
        context: how many lines to show around changed ones; below 0 all.
        numbers: whether lines have numbers.
    """

    differ: Differ
    context: int = 2
    numbers: bool = True
    _values: dict[str, int] = field(default_factory=dict)

    def show(self, changes: Iterable[Change]) -> str:
        """Return the text of all changes, without a final line feed."""
        return "\n".join(text for change in changes for text in self._change(change))

    def _change(self, change: Change) -> Iterator[str]:
        yield f"@@ {change.op} {change.text} @@"
        left, right = (self._lines(obj) for obj in self.differ.sides(change))
        if change.op == "noop" and change.applied is None:
            right = left
        yield from self._shown(list(_compared(left, right)))

    def _lines(self, obj: Obj | None) -> list[str]:
        """Return a resource's YAML; of a Secret's values only which of them are the same."""
        if obj is None:
            return []
        if obj.get("kind") == "Secret" and obj.get("data"):
            obj = {**obj, "data": {key: self._hidden(obj["data"][key]) for key in sorted(obj["data"])}}
        return goyaml.dump(goyaml.ordered(obj, goyaml.V2), goyaml.V2).split("\n")

    def _hidden(self, value: object) -> str:
        return f"<-- value not shown (#{self._values.setdefault(str(value), len(self._values) + 1)})"

    def _shown(self, lines: list[Line]) -> Iterator[str]:
        changed = {index for index, (mark, *_) in enumerate(lines) if mark != " "}
        before = False
        for index, (mark, text, left, right) in enumerate(lines):
            if mark != " ":
                numbers = f"    {right:3d} " if mark == "+" else f"{left:3d}     "
                yield f"{numbers if self.numbers else ''}{mark} {text}"
                continue
            inside = self.context < 0 or any(
                near in changed for near in range(index - self.context, index + self.context)
            )
            if index and inside and not before:
                yield "  ..."
            if inside:
                yield f"{f'{left:3d},{right:3d} ' if self.numbers else ''}  {text}"
            before = inside


def _compared(left: list[str], right: list[str]) -> Iterator[Line]:
    for tag, start, end, at, to in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            yield from ((" ", left[start + i], start + i, at + i) for i in range(end - start))
            continue
        yield from (("-", left[index], index, at) for index in range(start, end))
        yield from (("+", right[index], end, index) for index in range(at, to))
