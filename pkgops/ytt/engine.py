"""The engine: files and data values in, documents and texts out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from pkgops.ytt.datavalues import DataValues, overlays
from pkgops.ytt.errors import YttError
from pkgops.ytt.execution import Result
from pkgops.ytt.files import InputFile
from pkgops.ytt.libraries import root_execution
from pkgops.ytt.library import Library
from pkgops.ytt.options import Options
from pkgops.ytt.starlark.runtime import Limits
from pkgops.ytt.tree.output import as_yaml
from pkgops.ytt.validation.check import check_values


def limits_of(options: Options) -> Limits:
    """Return limits that start to count now."""
    deadline = None if options.max_seconds is None else time.thread_time() + options.max_seconds
    return Limits(steps=options.max_steps, deadline=deadline)


def evaluate(files: Sequence[InputFile], values: DataValues, options: Options | None = None) -> Result:
    """Render files.

    Args:
        files: in the order in which they are processed and printed.
        values: data values from outside.
        options: settings.

    Raises:
        YttError: a file, a template or a data value is malformed, or a limit was passed.
    """
    options = options or Options()
    own, for_libraries = overlays(values, strict=options.strict)
    execution = root_execution(Library.root(files), options, limits_of(options))
    schema, library_schemas = execution.schema([])
    document, library_values = execution.values(own, schema)
    return execution.render(document, library_values + for_libraries, library_schemas)


def render(
    files: Sequence[InputFile], values: DataValues | None = None, options: Options | None = None
) -> str:
    """Render files to YAML text, documents separated by ``---``; results of text templates are left out.

    Args:
        files: in the order in which they are processed and printed.
        values: data values from outside.
        options: settings.

    Raises:
        YttError: a file, a template or a data value is malformed, or a limit was passed.
    """
    result = evaluate(files, values or DataValues(), options)
    try:
        return as_yaml(result.documents)
    except ValueError as error:
        raise YttError(f"Marshaling combined template result: {error}") from None


def render_text(
    text: str, values: Mapping[str, Any], filename: str = "stdin.yml", options: Options | None = None
) -> str:
    """Render one template, as Cartographer does with ``spec.ytt``.

    Args:
        text: of the template.
        values: the content of ``data.values``: dictionaries, lists, scalars.
        filename: as messages name the template.
        options: settings.

    Raises:
        YttError: the template fails; its text is what the ytt program prints after ``ytt: Error: ``.
    """
    file = InputFile(path=filename, content=text, type="yaml", template=True)
    return render([file], DataValues(values=values), options)


def validate(text: str, filename: str = "stdin") -> str:
    """Render one template and check the result against its ``@assert/validate`` annotations.

    Args:
        text: of the template.
        filename: as messages name it.

    Returns:
        The rendered documents.

    Raises:
        YttError: the template fails, an annotation is malformed, or a value does not meet its rules.
    """
    options = Options()
    execution = root_execution(Library.root([]), options, limits_of(options))
    documents = execution.evaluate_file(InputFile(path=filename, content=text, type="yaml", template=True))
    failed = check_values(documents)
    if failed:
        raise YttError("\n" + failed)
    return as_yaml(documents.items)
