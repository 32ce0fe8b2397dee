"""Rendering a library: its schema, its data values, its templates, its overlays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.values import Value, made
from pkgops.ytt.annotated import has_annotated
from pkgops.ytt.convert import as_struct
from pkgops.ytt.envelopes import DATA_VALUES, SCHEMA, Envelope, envelope
from pkgops.ytt.errors import YttError
from pkgops.ytt.files import STARLARK, TEXT, YAML, InputFile
from pkgops.ytt.library import Place, SourceFile
from pkgops.ytt.loader import Globals, Loader, read_yaml
from pkgops.ytt.options import Options
from pkgops.ytt.overlaid import overlaid
from pkgops.ytt.overlay.apply import merge_documents
from pkgops.ytt.schema.schema import Schema
from pkgops.ytt.starlark.errors import LimitError, StarlarkError
from pkgops.ytt.starlark.runtime import Limits
from pkgops.ytt.tree.convert import to_plain
from pkgops.ytt.tree.nodes import Document, DocumentSet, Map
from pkgops.ytt.validation.check import check_values

LibraryMembers = Callable[[Place, Options, Limits, list[Envelope], list[Envelope]], dict[str, Any]]
"""What gives files of one library the members of the module ``library``, with which they use others:
the place, settings, limits, data values and schemas that the library was given for those that it uses."""


class Result(Value, frozen=False):
    """The result of rendering a library.

    Attributes:
        documents: all YAML documents, in order.
        texts: results of text templates by path.
        files: results of YAML files by path, in order.
        exports: what library files define, by path.
    """

    documents: list[Document] = made(default_factory=list)
    texts: list[tuple[str, str]] = made(default_factory=list)
    files: list[tuple[str, DocumentSet]] = made(default_factory=list)
    exports: list[tuple[str, Globals]] = made(default_factory=list)


class Execution:
    """Renders one library."""

    def __init__(
        self,
        place: Place,
        options: Options,
        limits: Limits,
        library: LibraryMembers,
        *,
        skip_validation: bool,
    ) -> None:
        self.place = place
        self.options = options
        self.limits = limits
        self.library = library
        self.skip_validation = skip_validation
        self.sources = place.current.accessible()

    def schema(self, extra: list[Envelope]) -> tuple[Schema, list[Envelope]]:
        """Return the schema of the data values, and the schemas for libraries that this one uses.

        Raises:
            YttError: a schema is malformed.
        """
        files = self._annotated(SCHEMA)
        try:
            envelopes = [e for file in files for e in self._documents(file, SCHEMA, "schema")] + extra
            own = [e.document for e in envelopes if not e.reference]
            schema = Schema.of(_merged(own)) if own else Schema.empty()
        except (YttError, StarlarkError) as error:
            names = _names(files, ["additional data value schema"] if extra else [])
            what = f"Overlaying data values schema (in following order: {names})"
            raise YttError(f"{what}: {_text(error)}") from None
        return schema, [e for e in envelopes if e.reference]

    def values(self, extra: list[Envelope], schema: Schema) -> tuple[Document, list[Envelope]]:
        """Return the data values, and those for libraries that this one uses.

        Raises:
            YttError: they are malformed, or do not fit the schema or its rules.
        """
        files = self._annotated(DATA_VALUES)
        try:
            document, others = self._merge_values(files, extra, schema)
        except (YttError, StarlarkError) as error:
            names = _names(files, ["additional data values"] if extra else [])
            what = f"Overlaying data values (in following order: {names})"
            raise YttError(f"{what}: {_text(error)}") from None
        if not self.skip_validation:
            try:
                failed = check_values(document)
            except (YttError, StarlarkError) as error:
                raise YttError(f"Validating final data values:\n{_text(error)}") from None
            if failed:
                raise YttError(f"Validating final data values:\n{failed}")
        return document, others

    def _merge_values(
        self, files: list[SourceFile], extra: list[Envelope], schema: Schema
    ) -> tuple[Document, list[Envelope]]:
        defaults = schema.defaults()
        envelopes = [Envelope(document=defaults, reference=())] if defaults is not None else []
        for file in files:
            envelopes += self._documents(file, DATA_VALUES, "data values")
        envelopes += extra
        merged: Document | None = None
        for one in envelopes:
            if not one.reference:
                merged = one.document if merged is None else merge_documents(merged, one.document)
                schema.check(merged)
        return merged or Document(Map()), [e for e in envelopes if e.reference]

    def _annotated(self, annotation: str) -> list[SourceFile]:
        """Return the files with documents that carry an annotation; they are not for output."""
        annotated = []
        for source in self.sources:
            file = source.file
            if file.kind() == YAML and file.is_template():
                # All are parsed before any is run, so that invalid YAML is reported first.
                documents = read_yaml(file, self.options)
                if annotation in file.text() and has_annotated(documents, annotation):
                    source.for_output = False
                    annotated.append(source)
        return sorted(annotated, key=lambda source: source.order)

    def _documents(self, source: SourceFile, annotation: str, kind: str) -> list[Envelope]:
        """Evaluate a file; all of its documents must carry the annotation."""
        name = "Schema" if annotation == SCHEMA else "Data Value"
        file = source.file
        try:
            loader = self._loader(Document(Map()), [], [])
            documents = loader.yaml(Place(source.library, self.place.root), file)[1]
            marked = [d for d in documents.items if annotation in d.annotations]
            if any(annotation not in d.annotations and not d.is_empty() for d in documents.items):
                only = f"to only have {kind} documents"
                raise YttError(f"Expected {kind} file '{file.path}' {only}")
        except YttError as error:
            raise YttError(f"Templating file '{file.path}': {error.text}") from None
        return [envelope(document, name) for document in marked]

    def _loader(self, values: Document, value_envelopes: list[Envelope], schemas: list[Envelope]) -> Loader:
        def library(place: Place) -> dict[str, Any]:
            return self.library(place, self.options, self.limits, value_envelopes, schemas)

        return Loader(self.options, self.limits, lambda: struct_of(values), library)

    def evaluate_file(self, file: InputFile) -> DocumentSet:
        """Evaluate one YAML template that is not part of the library, without data values."""
        return self._loader(Document(Map()), [], []).yaml(self.place, file)[1]

    def render(self, values: Document, value_envelopes: list[Envelope], schemas: list[Envelope]) -> Result:
        """Evaluate all files and apply overlays.

        Raises:
            YttError: a template fails, or data values for a library were not used.
        """
        loader = self._loader(values, value_envelopes, schemas)
        result = Result()
        outputs: list[tuple[SourceFile, DocumentSet]] = []
        for source in self.sources:
            self._evaluate(loader, source, result, outputs)
        _check_used(value_envelopes, schemas)
        outputs = overlaid(sorted(outputs, key=lambda output: output[0].order))
        for source, documents in outputs:
            result.documents += documents.items
            result.files.append((source.path, documents))
        return result

    def _evaluate(
        self,
        loader: Loader,
        source: SourceFile,
        result: Result,
        outputs: list[tuple[SourceFile, DocumentSet]],
    ) -> None:
        file, place = source.file, Place(source.library, self.place.root)
        kind = file.kind()
        if source.for_output:
            if kind == YAML:
                outputs.append((source, loader.yaml(place, file)[1]))
            elif kind == TEXT:
                result.texts.append((source.path, loader.text(place, file)[1]))
            else:
                raise YttError("Unknown file type")
        elif file.is_library() and kind in (YAML, TEXT, STARLARK):
            try:
                result.exports.append((source.path, loader.library_file(place, file)))
            except LimitError as error:
                raise YttError(str(error)) from None


def _text(error: YttError | StarlarkError) -> str:
    return error.text if isinstance(error, YttError) else error.message


def struct_of(values: Document) -> Any:
    """Return data values as the struct that templates read."""
    try:
        return as_struct(to_plain(values.value))
    except (StarlarkError, ValueError) as error:
        message = error.message if isinstance(error, StarlarkError) else str(error)
        raise YttError(message) from None


def _merged(documents: list[Document]) -> Document:
    result = documents[0]
    for document in documents[1:]:
        result = merge_documents(result, document)
    return result


def _names(files: list[SourceFile], more: list[str]) -> str:
    return ", ".join([source.file.path for source in files] + more)


def _check_used(values: list[Envelope], schemas: list[Envelope]) -> None:
    unused_values = [e.description() for e in values if not e.used]
    unused_schemas = [e.description() for e in schemas if not e.used]
    kinds = [k for k, found in (("data values", unused_values), ("schema", unused_schemas)) if found]
    if kinds:
        listed = ", ".join(unused_values + unused_schemas)
        what = f"Expected all provided library {', and '.join(kinds)} documents to be used but found unused"
        raise YttError(f"{what}: {listed}")
