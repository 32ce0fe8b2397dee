"""YAML in and out; the only importer of ruamel outside the template engine."""

from __future__ import annotations

from collections.abc import Iterable
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from pkgops.errors import UsageError


def parse(text: str, source: str) -> Any:
    """Parse one YAML document into plain Python values.

    Raises:
        UsageError: not YAML; the message has ``source``, line and column.
    """
    try:
        return YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        raise _bad_yaml(error, source) from error


def parse_all(text: str, source: str) -> list[Any]:
    """Parse all documents of a stream into plain Python values; empty documents are left out.

    Raises:
        UsageError: not YAML; the message has ``source``, line and column.
    """
    try:
        return [doc for doc in YAML(typ="safe").load_all(text) if doc is not None]
    except MarkedYAMLError as error:
        raise _bad_yaml(error, source) from error


def dump_all(documents: Iterable[Any]) -> str:
    """Return plain values as a YAML stream in block style, keys in their order."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    out = StringIO()
    yaml.dump_all(list(documents), out)
    return out.getvalue()


def _bad_yaml(error: MarkedYAMLError, source: str) -> UsageError:
    mark = error.problem_mark
    where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
    return UsageError(
        f"{where}: not valid YAML",
        why=" ".join(part for part in (error.context, error.problem) if part),
        next="correct the file at this place",
        slug="yaml",
    )
