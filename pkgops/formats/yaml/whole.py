"""Reading and writing of YAML by ruamel: the whole language, and errors with their position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.representer import RoundTripRepresenter

from pkgops.errors import UsageError
from pkgops.formats.yaml.positions import Mark, Path, Positioned

_SECRET_LINE = re.compile(r"(?im)^(.*(?:password|passwd|token|secret)[^:]*:).*$")
_DUPLICATE_VALUE = re.compile(r"(?s) with value .*$")

# Strings that YAML 1.1 reads as a boolean, a number in base 60 or 8, or a number with underscores.
_YAML_1_1 = re.compile(r"(?i)y|n|yes|no|on|off|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?[0-9_]+")
_FITS_LITERAL = re.compile(r"[^\s\x00-\x08\x0b-\x1f][^\x00-\x08\x0b-\x1f]*")


def parse(text: str, source: str) -> Any:
    """Do the work of :func:`pkgops.formats.yaml.parse`."""
    try:
        return YAML(typ="safe").load(text)
    except (MarkedYAMLError, ValueError) as error:
        raise _bad_yaml(error, source) from error


def parse_positioned(text: str, source: str) -> Positioned:
    """Do the work of :func:`pkgops.formats.yaml.parse_positioned`."""
    try:
        constructor, _ = YAML(typ="safe", pure=True).get_constructor_parser(text)
        node = constructor.composer.get_single_node()
        value = constructor.construct_document(node) if node is not None else None
    except (MarkedYAMLError, ValueError) as error:
        raise _bad_yaml(error, source) from error
    return Positioned(_with_text_keys(value), dict(_marks(node, source, ())))


def _marks(node: Any, source: str, path: Path) -> Iterator[tuple[Path, Mark]]:
    for name, begin, value in _children(node):
        here = (*path, name)
        yield here, Mark(source, begin.start_mark.line + 1, begin.start_mark.column + 1)
        yield from _marks(value, source, here)


def _children(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each child, the node that it begins with, and the node of its value."""
    if isinstance(node, MappingNode):
        for key, value in node.value:
            yield str(key.value), key, value
    elif isinstance(node, SequenceNode):
        for index, item in enumerate(node.value):
            yield str(index), item, item


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _with_text_keys(item) for key, item in value.items()}
    return [_with_text_keys(item) for item in value] if isinstance(value, list) else value


def parse_all(text: str, source: str) -> list[Any]:
    """Do the work of :func:`pkgops.formats.yaml.parse_all`."""
    try:
        return [doc for doc in YAML(typ="safe").load_all(text) if doc is not None]
    except (MarkedYAMLError, ValueError) as error:
        raise _bad_yaml(error, source) from error


def dump_all(documents: Iterable[Any]) -> str:
    """Do the work of :func:`pkgops.formats.yaml.dump_all`."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.width = 4096
    out = StringIO()
    yaml.dump_all(list(documents), out)
    return out.getvalue()


class _Representer(RoundTripRepresenter):
    """Writes strings so that readers of YAML 1.1 and 1.2 read the same."""


def _represent_text(representer: RoundTripRepresenter, text: str) -> ScalarNode:
    style = None
    if "\n" in text and _FITS_LITERAL.fullmatch(text):
        style = "|"
    elif _YAML_1_1.fullmatch(text):
        style = '"'
    node: ScalarNode = representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Representer.add_representer(str, _represent_text)


def _bad_yaml(error: MarkedYAMLError | ValueError, source: str) -> UsageError:
    if isinstance(error, ValueError):
        # ruamel reads some other scalars as numbers and dates, and its error has no position.
        return UsageError(
            f"{source}: a value looks like a number or a date but is not valid",
            why=str(error),
            next="put a value that is meant as text into quotes",
            slug="yaml",
        )
    mark = error.problem_mark
    where = f"{source}:{mark.line + 1}:{mark.column + 1}" if mark else source
    return UsageError(
        f"{where}: not valid YAML",
        why=_problem(error),
        next="correct the file at this place",
        slug="yaml",
    )


def _problem(error: MarkedYAMLError) -> str:
    """Return the parser's message and the line with a caret, without secrets."""
    sentence = " ".join(part for part in (error.context, error.problem) if part).strip()
    sentence = _DUPLICATE_VALUE.sub("", sentence)
    snippet = error.problem_mark.get_snippet(indent=2) if error.problem_mark else None
    return "\n".join(part for part in (sentence, _SECRET_LINE.sub(r"\1(hidden)", snippet or "")) if part)
