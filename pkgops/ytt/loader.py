"""Evaluating files: reading, compiling, running, and loading what they load."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any

from pkgops.ytt.errors import YttError, YttLimitError
from pkgops.ytt.files import STARLARK, TEXT, YAML, InputFile
from pkgops.ytt.library import Library, Place
from pkgops.ytt.modules import ModuleContext, find_module
from pkgops.ytt.options import Options
from pkgops.ytt.report import debug_report, error_report, syntax_report
from pkgops.ytt.starlark.errors import LimitError, StarlarkError, SyntaxProblems
from pkgops.ytt.starlark.runtime import Limits, ModuleRun
from pkgops.ytt.template.compiled import CompiledTemplate, compile_starlark
from pkgops.ytt.template.contexts import TemplateHost, TextContext, YamlContext
from pkgops.ytt.template.metas import TemplateError, has_templating
from pkgops.ytt.template.text_compiler import compile_text
from pkgops.ytt.template.yaml_compiler import compile_yaml
from pkgops.ytt.tree.base import walk
from pkgops.ytt.tree.nodes import DocumentSet, Map, MapItem
from pkgops.ytt.tree.reader import ReadError, ReadOptions, read

_CACHED_FILES = 256
Globals = dict[str, Any]


@functools.lru_cache(_CACHED_FILES)
def _read(path: str, text: str, options: ReadOptions) -> DocumentSet:
    return read(text, path, options)


@functools.lru_cache(_CACHED_FILES)
def _compile(path: str, text: str, options: Options) -> CompiledTemplate | None:
    """Compile a YAML template; None for plain YAML."""
    documents = _read(path, text, ReadOptions(strict=options.strict))
    if not has_templating(documents):
        return None
    return compile_yaml(
        path,
        documents,
        ignore_unknown_comments=options.ignore_unknown_comments,
        override_keys=options.implicit_map_key_overrides,
    )


# A template and its program have no state of a run, and many templates of one rendering load the same code.
_compile_code = functools.lru_cache(_CACHED_FILES)(compile_starlark)
_compile_text = functools.lru_cache(_CACHED_FILES)(compile_text)


def read_yaml(file: InputFile, options: Options) -> DocumentSet:
    """Read a file; the result is shared and must not be changed."""
    comments = file.is_template() or file.is_library()
    try:
        return _read(file.path, file.text(), ReadOptions(comments=comments, strict=options.strict))
    except ReadError as error:
        raise YttError(f"Unmarshaling YAML template '{file.path}': {error}") from None


class Loader:
    """Evaluates files of one library with its data values."""

    def __init__(
        self, options: Options, limits: Limits, values: Callable[[], Any], library_module: Any
    ) -> None:
        self.options = options
        self.limits = limits
        self.values = values
        self.library_module = library_module
        self.templates: dict[str, CompiledTemplate] = {}
        self._loading: list[InputFile] = []

    def yaml(self, place: Place, file: InputFile) -> tuple[Globals, DocumentSet]:
        """Evaluate a YAML file."""
        plain = not (file.is_template() or file.is_library())
        if plain:
            return {}, _last_keys(read_yaml(file, self.options))
        try:
            template = _compile(file.path, file.text(), self.options)
        except ReadError as error:
            raise YttError(f"Unmarshaling YAML template '{file.path}': {error}") from None
        except (TemplateError, ValueError) as error:
            raise YttError(f"Compiling YAML template '{file.path}': {error}") from None
        if template is None:
            return {}, _last_keys(read_yaml(file, self.options))
        values, host = self._run(place, template)
        root = host.root.root if isinstance(host.root, YamlContext) else None
        return values, root if isinstance(root, DocumentSet) else DocumentSet()

    def text(self, place: Place, file: InputFile) -> tuple[Globals, str]:
        """Evaluate a text file."""
        if not (file.is_template() or file.is_library()):
            return {}, file.text()
        try:
            template = _compile_text(file.path, file.text())
        except (TemplateError, ValueError) as error:
            raise YttError(f"Parsing text template '{file.path}': {error}") from None
        try:
            values, host = self._run(place, template)
        except YttLimitError:
            raise
        except YttError as error:
            raise YttError(f"Evaluating text template: {error.text}") from None
        return values, host.root.result() if isinstance(host.root, TextContext) else ""

    def starlark(self, place: Place, file: InputFile) -> Globals:
        """Evaluate a file of code."""
        try:
            return self._run(place, _compile_code(file.path, file.text()))[0]
        except YttLimitError:
            raise
        except YttError as error:
            raise YttError(f"Evaluating starlark template: {error.text}") from None
        except ValueError as error:
            raise YttError(f"Evaluating starlark template: {error}") from None

    def _run(self, place: Place, template: CompiledTemplate) -> tuple[Globals, TemplateHost]:
        self.templates[template.name] = template
        if self.options.debug:
            sys.stderr.write(debug_report(template))
        host = template.host()
        # Every file has its own copy of the data values: its changes do not affect other files.
        values = functools.cache(self.values)

        def load(module: str) -> Mapping[str, Any]:
            return self._load(module, place, ModuleContext(host, values, place, self.library_module))

        run = ModuleRun(template.name, host, self.limits, load)
        try:
            template.program().run(run)
        except SyntaxProblems as problems:
            raise YttError(syntax_report(problems, template)) from None
        except StarlarkError as error:
            raise YttError(error_report(error, self.templates.get)) from None
        except LimitError as error:
            raise YttLimitError(f"Evaluating '{template.name}': {error}") from None
        except RecursionError:
            raise YttError("\n- values or calls are nested too deeply") from None
        except ValueError as error:  # a value that a tree cannot contain
            raise YttError(f"\n- {error}") from None
        exported = {name: value for name, value in run.globals.items() if not name.startswith("_")}
        return exported, host

    def _load(self, module: str, place: Place, context: ModuleContext) -> Mapping[str, Any]:
        try:
            return self._find_module(module, place, context)
        except YttLimitError as error:
            raise LimitError(error.text) from None
        except YttError as error:
            raise StarlarkError(f"cannot load {module}: {error.text}") from None
        except StarlarkError as error:
            raise StarlarkError(f"cannot load {module}: {error.message}") from None

    def _find_module(self, module: str, place: Place, context: ModuleContext) -> Mapping[str, Any]:
        path = module
        if module.startswith("@"):
            library, colon, path = module[1:].partition(":")
            if not colon:
                form = "'@name:path' e.g. '@github.com/vmware-tanzu/test:test.star' or '@ytt:base64'"
                raise StarlarkError(f"Expected library path to be in format {form}")
            if library == "ytt":
                return find_module(path, context)
            found = place.current.find_private(library)
            place = Place(found, found)
        return self._load_file(path, place)

    def _load_file(self, path: str, place: Place) -> Globals:
        start: Library = place.current
        if path.startswith("/"):
            start, path = place.root, path[1:]
        file, library = start.find_file(path)
        inner = Place(library, place.root)
        if not file.is_library():
            hint = "library filename must end with '.lib.yml' or '.star'; use data.read(...) for loading"
            what = f"(hint: {hint} non-templated file contents)"
            raise StarlarkError(f"Expected file '{file.path}' to be a library file, but was not {what}")
        return self.library_file(inner, file)

    def library_file(self, place: Place, file: InputFile) -> Globals:
        """Evaluate a file and return its definitions."""
        self.limits.check()
        if any(file is other for other in self._loading):
            cycle = " -> ".join(other.path for other in [*self._loading, file])
            raise StarlarkError(f"cycle in load graph: {cycle}")
        self._loading.append(file)
        try:
            return self._evaluated(place, file)
        finally:
            self._loading.pop()

    def _evaluated(self, place: Place, file: InputFile) -> Globals:
        if file.kind() == YAML:
            return self.yaml(place, file)[0]
        if file.kind() == TEXT:
            return self.text(place, file)[0]
        if file.kind() == STARLARK:
            return self.starlark(place, file)
        raise StarlarkError(f"File '{file.path}' type is not a known")


def _last_keys(documents: DocumentSet) -> DocumentSet:
    """Return a copy in which of several items with one key only the last is left, in the first's place."""
    copied = documents.copy()
    if not isinstance(copied, DocumentSet):
        raise AssertionError("a copy has the type of its original")
    for node in walk(copied):
        node.comments = []
        if isinstance(node, Map):
            last: dict[Any, MapItem] = {}
            for item in node.items:
                last[(type(item.key), item.key)] = item
            if len(last) < len(node.items):
                node.items = list(last.values())
    return copied
