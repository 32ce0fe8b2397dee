"""The steps of the ytt command between reading its input and writing its output."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.values import Value
from pkgops.ytt.datavalues import DataValues, overlays
from pkgops.ytt.engine import limits_of
from pkgops.ytt.errors import YttError
from pkgops.ytt.execution import Result
from pkgops.ytt.files import InputFile
from pkgops.ytt.libraries import root_execution
from pkgops.ytt.library import Library
from pkgops.ytt.marks import apply_marks
from pkgops.ytt.options import Options
from pkgops.ytt.tree.nodes import Array, ArrayItem, Document
from pkgops.ytt.tree.output import as_json, as_positions, as_yaml

FORMATS = ("yaml", "json", "pos")
OPENAPI = "openapi-v3"
_NOT_PRINTED = (
    "\nWarning: Found Non-YAML templates in input. Non-YAML templates are not rendered to standard output.\n"
    "If you want to include those results, use the --output-files or "
    "--dangerous-emptied-output-directory flag.\n"
)


class CommandRequest(Value, kw_only=True):
    """What to render and how to print it.

    Attributes:
        files: in order.
        values: data values from outside.
        options: of the rendering.
        marks: file marks.
        outputs: formats, ``openapi-v3`` among them.
        inspect_values, inspect_schema, inspect_files: print these instead of the result.
        as_files: return the results by path instead of as one text.
    """

    files: tuple[InputFile, ...]
    values: DataValues
    options: Options
    marks: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("yaml",)
    inspect_values: bool = False
    inspect_schema: bool = False
    inspect_files: bool = False
    as_files: bool = False


class Output(Value):
    """The result of a rendering.

    Attributes:
        text: for standard output.
        files: path and content.
        warning: for standard error.
    """

    text: str = ""
    files: tuple[tuple[str, str], ...] = ()
    warning: str = ""

    def parts(self) -> tuple[str, tuple[tuple[str, str], ...], str]:
        """The arguments to recreate it in another process."""
        return self.text, self.files, self.warning


def execute(request: CommandRequest) -> Output:
    """Render.

    Raises:
        YttError: the input is malformed, or a template fails.
    """
    for name in request.outputs:
        if name not in (*FORMATS, OPENAPI):
            raise YttError(f"Unknown output type '{name}'")
    files = apply_marks(request.files, request.marks)
    root = Library.root(files)
    if request.inspect_files:
        paths = [ArrayItem(file.path) for file in files if "_ytt_lib/" not in f"/{file.path}"]
        return _printed([Document(Array(paths))], request)
    own, for_libraries = overlays(request.values, strict=request.options.strict)
    execution = root_execution(root, request.options, limits_of(request.options))
    schema, library_schemas = execution.schema([])
    if request.inspect_schema:
        return _printed([_openapi(schema.openapi(), request.outputs)], request)
    if OPENAPI in request.outputs:
        only = "data values schema (i.e. include --data-values-schema-inspect)"
        raise YttError(f"Output type currently only supported for {only}")
    values, library_values = execution.values(own, schema)
    if request.inspect_values:
        return _printed([values], request)
    result = execution.render(values, library_values + for_libraries, library_schemas)
    if request.as_files:
        return Output(files=tuple(result_files(result)))
    printed = _printed(result.documents, request)
    return Output(printed.text, (), _NOT_PRINTED if result.texts else "")


def _openapi(document: Document, outputs: Sequence[str]) -> Document:
    if OPENAPI not in outputs:
        how = "specify format with --output=openapi-v3 flag"
        raise YttError(f"Data values schema export only supported in OpenAPI v3 format; {how}")
    return document


def _printed(documents: Sequence[Document], request: CommandRequest) -> Output:
    name = next((output for output in request.outputs if output in FORMATS), "yaml")
    printer = {"yaml": as_yaml, "json": as_json, "pos": as_positions}[name]
    try:
        return Output(printer(documents))
    except ValueError as error:
        raise YttError(f"Marshaling combined template result: {error}") from None


def result_files(result: Result) -> list[tuple[str, str]]:
    """Return the results by path: those of text templates first, then those of YAML files.

    Raises:
        YttError: two results have the same path, or a document cannot be printed.
    """
    found = list(result.texts)
    for path, documents in result.files:
        try:
            found.append((path, as_yaml(documents.items)))
        except ValueError as error:
            raise YttError(f"Marshaling template result: {error}") from None
    seen: set[str] = set()
    for path, _ in found:
        if path in seen:
            raise YttError(f"Multiple files have same output destination paths: {path}")
        seen.add(path)
    return found


def bulk_input(text: str) -> list[InputFile]:
    """Return the files of the bulk format: JSON with ``files``, each with ``name`` and ``data``.

    Raises:
        YttError: the text is not that.
    """
    import json

    try:
        files = json.loads(text).get("files") or []
        return [InputFile(path=str(file["name"]), content=str(file["data"])) for file in files]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise YttError(f"--bulk-in is not JSON with files: {error}") from None


def bulk_output(output: Output, error: str = "") -> str:
    """Return results, or an error, in the bulk format."""
    import json

    content: dict[str, object] = {}
    if output.files:
        content["files"] = [{"name": path, "data": data} for path, data in output.files]
    if error:
        content["errors"] = error
    return json.dumps(content, separators=(",", ":"))
