"""What may be configured: the templates' own schema, and pkgops's keys.

The templates' schema is read for names, defaults and types only; checking values against it is the
template engine's work. Checked here are errors that are reported with file, line and column of the user's
configuration: names that do not exist and values of another type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pkgops.errors import UsageError
from pkgops.formats import yaml
from pkgops.formats.yaml.positions import Mark
from pkgops.settings.layers import leaves
from pkgops.values import Value

SCHEMA_MARK = "#@data/values-schema"
FREE = "any=True"

DEFAULT_KEPT = 50
"""How many records of releases are kept, of one workload in one environment."""

OWN: dict[str, Any] = {
    "source": "",
    "context": "",
    "kubeconfig": "",
    "environments": [
        {"name": "apps-dev", "namespace": "apps-dev"},
        {"name": "apps-prod", "namespace": "apps-prod"},
    ],
    "releases": {"keep": DEFAULT_KEPT},
    "notify": [],
    "templates": [],
    "ytt": "",
    "ignoreUnknownComments": False,
    "record": "example-workflows",
    "recordNamespace": "default",
    "registryPasswordFile": "",
    "local": {"programs": "", "mirror": ""},
    "timeouts": {
        "up": "20m",
        "deliver": "10m",
        "promote": "10m",
        "clean": "5m",
        "stages": {"default": "10m", "source-tester": "15m", "image-builder": "15m"},
    },
}
"""pkgops's own keys, below ``pkgops:``, with their defaults."""


class Schema(Value):
    """The known keys with their defaults; ``free`` are the paths below which any key is allowed.

    ``closed`` is false where the templates declare no schema: then every name is allowed.
    """

    defaults: Mapping[str, Any]
    free: frozenset[tuple[str, ...]] = frozenset()
    closed: bool = True
    names: tuple[str, ...] = ()

    def check(self, values: Mapping[str, Any], marks: Mapping[tuple[str, ...], Mark]) -> None:
        """Refuse unknown names and values of another type.

        Raises:
            UsageError: the message has file, line and column, and the nearest known names.
        """
        _check(values, self.defaults, (), self, marks)


def read(folders: list[Path]) -> Schema:
    """Return the schema of the templates below ``folders``, with pkgops's own keys added."""
    defaults: dict[str, Any] = {}
    # One folder or a list of them; and the names of stages are those of the blueprint.
    free: set[tuple[str, ...]] = {("pkgops", "templates"), ("pkgops", "timeouts", "stages")}
    found = False
    for path in _schema_files(folders):
        found = True
        document = yaml.parse_positioned(path.read_text(), str(path))
        defaults |= document.value or {}
        free |= _free(path.read_text(), document.marks)
    # Next to the templates' own sections, since its items have these; the templates do not read it.
    defaults["workloads"] = []
    free.add(("workloads",))
    defaults["pkgops"] = OWN
    return Schema(_without_examples(defaults), frozenset(free - {("pkgops",)}), closed=found)


def _schema_files(folders: list[Path]) -> Iterator[Path]:
    for folder in folders:
        files = sorted(folder.rglob("*.y*ml")) if folder.is_dir() else [folder]
        for path in files:
            if path.is_file() and SCHEMA_MARK in path.read_text(errors="replace"):
                yield path


def _free(text: str, marks: Mapping[tuple[str, ...], Mark]) -> set[tuple[str, ...]]:
    """Return the paths whose annotations, on the lines right above them, allow any value."""
    lines = text.splitlines()
    return {path for path, mark in marks.items() if FREE in _annotations(lines, mark.line)}


def _annotations(lines: list[str], line: int) -> str:
    above = []
    for text in reversed(lines[: line - 1]):
        if not re.match(r"\s*#@", text):
            break
        above.append(text)
    return "\n".join(above)


def _without_examples(defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults: of a list, whose schema has one example item, the empty list."""
    result: dict[str, Any] = {}
    for key, value in defaults.items():
        if isinstance(value, Mapping):
            result[key] = value if key == "pkgops" else _without_examples(value)
        else:
            result[key] = [] if isinstance(value, list) else value
    return result


def _check(
    values: Mapping[str, Any],
    known: Mapping[str, Any],
    path: tuple[str, ...],
    schema: Schema,
    marks: Mapping[tuple[str, ...], Mark],
) -> None:
    for key, value in values.items():
        here = (*path, key)
        if here in schema.free:
            continue
        if key not in known:
            if schema.closed or here[0] == "pkgops":
                raise _unknown(here, known, schema, marks[here])
            continue
        _check_type(here, value, known[key], marks[here])
        if isinstance(value, Mapping):
            _check(value, known[key], here, schema, marks)


def _check_type(path: tuple[str, ...], value: Any, default: Any, mark: Mark) -> None:
    if value is None or default is None or _kind(value) == _kind(default):
        return
    # Numbers are accepted where text is the default and they have the same form, as in `version: 1`.
    if _kind(default) == "text" and _kind(value) == "a number":
        return
    raise UsageError(
        f"{mark}: {'.'.join(path)} must be {_kind(default)}, not {_kind(value)}",
        next="correct the file at this place",
        slug="wrong-type",
    )


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, Mapping):
        return "a map"
    return "a list" if isinstance(value, list) else "text"


def _unknown(path: tuple[str, ...], known: Mapping[str, Any], schema: Schema, mark: Mark) -> UsageError:
    from difflib import get_close_matches

    everywhere = [".".join(leaf) for leaf, _ in leaves(dict(schema.defaults))]
    same_name = [dotted for dotted in everywhere if dotted.rpartition(".")[2] == path[-1]]
    parent = ".".join(path[:-1])
    siblings = get_close_matches(path[-1], list(known), n=3, cutoff=0.5)
    near = [f"{parent}.{name}" if parent else name for name in siblings] or same_name
    what_is_there = ", ".join(sorted(known)) or "nothing"
    return UsageError(
        f"{mark}: unknown data value {'.'.join(path)}",
        why=f"{parent or 'the top level'} has: {what_is_there}",
        next=f"did you mean {' or '.join(near)}?" if near else "remove it, or see config.example.yaml",
        slug="unknown-data-value",
    )
