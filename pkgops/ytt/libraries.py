"""Libraries below ``_ytt_lib``, rendered with values of their own, and the root that uses them."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value, replace
from pkgops.ytt.convert import to_host
from pkgops.ytt.envelopes import Envelope, LibraryRef, envelope
from pkgops.ytt.errors import YttError, YttLimitError
from pkgops.ytt.execution import Execution, Result, struct_of
from pkgops.ytt.library import Library, Place
from pkgops.ytt.modules.support import Args, Kwargs, boolean, builtin, known_names, one, text
from pkgops.ytt.options import Options
from pkgops.ytt.overlay.apply import annotate_plain_merge
from pkgops.ytt.schema.schema import Schema
from pkgops.ytt.starlark.errors import LimitError, StarlarkError
from pkgops.ytt.starlark.runtime import Limits
from pkgops.ytt.template.metas import has_templating
from pkgops.ytt.tree.base import copy_value
from pkgops.ytt.tree.convert import described_nodes, to_nodes
from pkgops.ytt.tree.nodes import Document, DocumentSet
from pkgops.ytt.values import Module, YamlFragment

_OPTIONS = ("ignore_unknown_comments", "implicit_map_key_overrides", "strict")
_SKIP = "dangerous_data_values_disable_validation"


def root_execution(root: Library, options: Options, limits: Limits) -> Execution:
    """Return the execution of the root library."""
    place = Place(root, root)
    return Execution(place, options, limits, library_members, skip_validation=options.skip_validation)


def library_members(
    place: Place, options: Options, limits: Limits, values: list[Envelope], schemas: list[Envelope]
) -> dict[str, Any]:
    """Return the members of the module for files of one library."""

    def get(args: Args, kwargs: Kwargs) -> Module:
        path = text(one(args))
        known = ("alias", *_OPTIONS, _SKIP)
        for key in kwargs:
            if key not in known:
                raise StarlarkError(f"Unexpected kwarg '{key}'")
        changed = {key: boolean(kwargs[key]) for key in _OPTIONS if key in kwargs}
        if path.startswith("@"):
            raise StarlarkError(f"Expected library '{path}' to be specified without '@'")
        folder = place.current.find_private(path)
        used = _Library(
            reference=LibraryRef(path, text(kwargs.get("alias", ""))),
            place=Place(folder, folder),
            options=replace(options, **changed),
            limits=limits,
            values=tuple(values),
            schemas=tuple(schemas),
            skip_validation=boolean(kwargs.get(_SKIP, False)) or options.skip_validation,
        )
        return used.value()

    return {"get": builtin("library.get", get)}


class _Library(Value, kw_only=True):
    reference: LibraryRef
    place: Place
    options: Options
    limits: Limits
    values: tuple[Envelope, ...]
    schemas: tuple[Envelope, ...]
    skip_validation: bool

    def value(self) -> Module:
        """The value of a library in templates."""
        name = self.reference.text()
        evaluating, exporting = f"Evaluating library '{name}'", f"Exporting from library '{name}'"
        members = {
            "with_data_values": builtin("library.with_data_values", self._with_data_values),
            "with_data_values_schema": builtin("library.with_data_values_schema", self._with_schema),
            "eval": builtin("library.eval", _described(evaluating, self._eval)),
            "export": builtin("library.export", _described(exporting, self._export)),
            "data_values": builtin("library.data_values", _described(exporting, self._data_values)),
        }
        return Module("library", members)

    def _with_data_values(self, args: Args, kwargs: Kwargs) -> Module:
        given = copy_value(to_host(one(args)))
        known_names(kwargs, ("plain",))
        document = Document(described_nodes(given))
        if boolean(kwargs.get("plain", False)):
            if has_templating(document):
                hint = "(hint: remove comments starting with `#@`)"
                raise StarlarkError(f"Expected to be plain YAML, having no annotations {hint}")
            annotate_plain_merge(document)
        return replace(self, values=(*self.values, envelope(document))).value()

    def _with_schema(self, args: Args, kwargs: Kwargs) -> Module:
        document = Document(to_nodes(copy_value(to_host(one(args)))))
        try:
            Schema.of(document)
        except YttError as error:
            raise StarlarkError(error.text) from None
        return replace(self, schemas=(*self.schemas, envelope(document, "Schema"))).value()

    def _eval(self, args: Args, kwargs: Kwargs) -> YamlFragment:
        _no_arguments(args)
        return YamlFragment(DocumentSet(self._render().documents))

    def _data_values(self, args: Args, kwargs: Kwargs) -> Any:
        _no_arguments(args)
        execution = self._execution()
        schema, _ = self._schema(execution)
        return struct_of(self._final_values(execution, schema)[0])

    def _export(self, args: Args, kwargs: Kwargs) -> Any:
        symbol, path = text(one(args)), ""
        for key, value in kwargs.items():
            if key != "path":
                raise StarlarkError(f"Unexpected keyword argument '{key}'")
            path = text(value)
        if symbol.startswith("_"):
            raise StarlarkError("Symbols starting with '_' are private, and cannot be exported")
        matching = [e for e in self._render().exports if symbol in e[1] and path in ("", e[0])]
        if not matching:
            raise StarlarkError(f"Expected to find exported symbol '{symbol}', but did not")
        if len(matching) > 1:
            files = ", ".join(name for name, _ in matching)
            what = f"one exported symbol '{symbol}', but found multiple across files: {files}"
            raise StarlarkError(f"Expected to find exactly {what}")
        return matching[0][1][symbol]

    def _execution(self) -> Execution:
        return Execution(
            self.place, self.options, self.limits, library_members, skip_validation=self.skip_validation
        )

    def _render(self) -> Result:
        execution = self._execution()
        schema, schemas = self._schema(execution)
        values, others = self._final_values(execution, schema)
        return execution.render(values, others, schemas)

    def _schema(self, execution: Execution) -> tuple[Schema, list[Envelope]]:
        mine = [found for e in self.schemas if (found := e.for_library(self.reference)) is not None]
        schema, below = execution.schema([e for e in mine if not e.reference])
        return schema, below + [e for e in mine if e.reference]

    def _final_values(self, execution: Execution, schema: Schema) -> tuple[Document, list[Envelope]]:
        mine = [found for e in self.values if (found := e.for_library(self.reference)) is not None]
        own = [e for e in mine if not e.reference]
        own.sort(key=lambda e: e.after_library_module)
        values, below = execution.values(own, schema)
        return values, below + [e for e in mine if e.reference]


def _no_arguments(args: Args) -> None:
    if args:
        raise StarlarkError("expected no arguments")


def _described(what: str, function: Any) -> Any:
    def run(args: Args, kwargs: Kwargs) -> Any:
        try:
            return function(args, kwargs)
        except YttLimitError as error:
            raise LimitError(error.text) from None
        except YttError as error:
            raise StarlarkError(f"{what}: {error.text}") from None
        except StarlarkError as error:
            error.message = f"{what}: {error.message}"
            raise

    return run
