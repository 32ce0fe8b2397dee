"""placeholder"""

from __future__ import annotations
from pkgops.ytt.tree.nodes import Document


class Schema:
    """t."""

    @classmethod
    def of(cls, d: Document) -> Schema:
        return cls()

    @classmethod
    def empty(cls) -> Schema:
        return cls()

    def defaults(self) -> Document | None:
        return None

    def check(self, d: Document) -> None: ...
