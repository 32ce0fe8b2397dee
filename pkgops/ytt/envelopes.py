"""Data values and schemas that are addressed to a library."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value
from pkgops.ytt.errors import YttError
from pkgops.ytt.starlark.values import type_name
from pkgops.ytt.tree.nodes import Document

DATA_VALUES = "data/values"
SCHEMA = "data/values-schema"
_REFERENCE = "library/ref"


class LibraryRef(Value):
    """One step of a reference: the path of a library, its alias, or both."""

    path: str
    alias: str = ""

    def matches(self, actual: LibraryRef) -> bool:
        """Return whether it is for a library with this path and alias."""
        if not self.alias:
            return self.path == actual.path
        return self.alias == actual.alias and self.path in ("", actual.path)

    def text(self) -> str:
        """As it is written, without the ``@``."""
        return f"{self.path}~{self.alias}" if self.alias else self.path


def parse_ref(text: str) -> tuple[LibraryRef, ...]:
    """Parse ``@path~alias@path...``.

    Raises:
        YttError: it is malformed.
    """
    if not text:
        raise YttError("Expected library ref to not be empty")
    if not text.startswith("@"):
        raise YttError("Expected library ref to start with '@'")
    return tuple(_step(piece, text) for piece in text.split("@")[1:])


def _step(piece: str, whole: str) -> LibraryRef:
    path, *alias = piece.split("~")
    if len(alias) > 1:
        forms = "'@path', '@~alias', or '@path~alias'"
        raise YttError(f"Expected library ref to have form: {forms}, got: '{whole}'")
    if alias == [""]:
        raise YttError("Expected library alias to not be empty")
    return LibraryRef(path, alias[0] if alias else "")


class Envelope(Value, frozen=False, kw_only=True):
    """A document, and the library that it is for.

    Attributes:
        document: data values or a schema.
        reference: the libraries on the way there; empty for the library that reads it.
        after_library_module: whether it comes after values that the library module sets.
        original: the whole reference, for messages.
        used: whether a library took it.
        kind: how messages call it.
    """

    document: Document
    reference: tuple[LibraryRef, ...]
    after_library_module: bool = False
    original: tuple[LibraryRef, ...] = ()
    used: bool = False
    kind: str = "Data Value"

    def set_up(self) -> None:
        self.original = self.original or self.reference

    def description(self) -> str:
        """Its kind and its position."""
        path = "@" + "@".join(step.text() for step in self.original)
        return f"{self.kind} belonging to library '{path}' on {self.document.position.sentence()}"

    def for_library(self, library: LibraryRef) -> Envelope | None:
        """Return the value for a library, or None; marks it as used."""
        if self.reference and not self.reference[0].matches(library):
            return None
        self.used = True
        copied = self.document.copy()
        if not isinstance(copied, Document):
            raise AssertionError("a copy has the type of its original")
        rest = self.reference[1:]
        return Envelope(
            document=copied,
            reference=rest,
            after_library_module=self.after_library_module,
            original=self.original,
            kind=self.kind,
        )


def envelope(document: Document, kind: str = "Data Value") -> Envelope:
    """Read the annotations that address a document.

    Raises:
        YttError: they are malformed.
    """
    reference = _annotated(document)
    after = False
    values = document.annotations.get(DATA_VALUES)
    for name, value in (values.kwargs if values else {}).items():
        after = _after(name, value, reference)
    return Envelope(document=document, reference=reference, after_library_module=after, kind=kind)


def _after(name: str, value: Any, reference: tuple[LibraryRef, ...]) -> bool:
    if name != "after_library_module":
        raise YttError(f"Unknown kwarg {name} for annotation {DATA_VALUES}")
    if type(value) is not bool:
        raise YttError(f"expected starlark.Bool, but was {type_name(value)}")
    if not reference:
        what = f"Expected kwarg 'after_library_module' to be used with {_REFERENCE} annotation"
        raise YttError(f"Annotation {DATA_VALUES}: {what}")
    return value


def _annotated(document: Document) -> tuple[LibraryRef, ...]:
    found = document.annotations.get(_REFERENCE)
    if found is None:
        return ()
    if len(found.args) != 1:
        raise YttError(f"Expected {_REFERENCE} annotation to have one arg, got {len(found.args)}")
    text = found.args[0]
    if type(text) is not str:
        raise YttError(f"expected a string, but was {type_name(text)}")
    try:
        return parse_ref(text)
    except YttError as error:
        raise YttError(f"Annotation {_REFERENCE}: {error.text}") from None
