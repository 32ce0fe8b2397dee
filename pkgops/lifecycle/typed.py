"""The fields of the files that buildpacks write, and the lifecycle's errors for values of other types.

Source: the types that buildpacks/lifecycle reads TOML into (``buildpack/files.go``,
``buildpack/layermetadata.go``); messages and case-insensitive keys are those of BurntSushi/toml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pkgops.lifecycle import tables
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.lifecycle.tables import Table

Form = type | list[Any] | Mapping[str, Any]
Place = tuple[str | int, ...]

NAME = ""
"""The key of a form that contains the lifecycle's own name of that type."""
_REQUIRE = {NAME: "buildpack.Require", "name": str, "version": str, "metadata": dict}
_SECTIONS = {"provides": [{NAME: "buildpack.Provide", "name": str}], "requires": [_REQUIRE]}
PLAN = {**_SECTIONS, "or": [{NAME: "buildpack.PlanSections", **_SECTIONS}]}
_BOM = [{NAME: "buildpack.BOMEntry", "name": str, "version": str, "metadata": dict}]
LAUNCH = {
    "bom": _BOM,
    "labels": [{NAME: "buildpack.Label", "key": str, "value": str}],
    "processes": [
        {
            NAME: "buildpack.ProcessEntry",
            "type": str,
            "command": object,
            "args": [str],
            "direct": bool,
            "default": bool,
            "working-dir": str,
        }
    ],
    "slices": [{NAME: "layers.Slice", "paths": [str]}],
}
BUILD = {"bom": _BOM, "unmet": [{NAME: "buildpack.Unmet", "name": str}]}
LAYER = {"types": {NAME: "buildpack.typesTable", "build": bool, "launch": bool, "cache": bool}}
STORE = {"metadata": dict}

_KINDS = {str: "string", list: "[]any", bool: "bool", int: "int64", float: "float64", dict: "map[string]any"}
_WANTED = {str: "string", bool: "boolean", dict: "map"}


def read(path: Path, form: Mapping[str, Any]) -> Table:
    """Return a file's content, its fields spelled as in the form; empty where there is no file.

    Raises:
        PhaseError: it is not TOML, or a value has another type.
    """
    table = tables.read(path)
    return _Reader(path.read_text() if table else "").table(table, form, ())


def command(entry: Table, form: Form, path: Path, index: int) -> Any:
    """Return the command of a process; its buildpack's API version decides the type.

    Raises:
        PhaseError: there is none, or one of another type.
    """
    if "command" not in entry:
        raise _refused(f"toml: {_incompatible('<nil>', _wanted(form))}")
    return _Reader(path.read_text()).value(entry["command"], form, ("processes", index, "command"))


class _Reader:
    """Checks the values of one document; errors contain the line."""

    def __init__(self, text: str) -> None:
        self._text = text

    def value(self, value: Any, form: Form, place: Place) -> Any:
        if isinstance(form, Mapping):
            if not isinstance(value, dict):
                name = form[NAME]
                raise self._error(place, f"type mismatch for {name}: expected table but found {_kind(value)}")
            return self.table(value, form, place)
        if isinstance(form, list) and isinstance(value, list):
            return [self.value(one, form[0], (*place, index)) for index, one in enumerate(value)]
        if isinstance(form, list) or not isinstance(value, form):
            raise self._error(place, _incompatible(_kind(value), _wanted(form)))
        return value

    def table(self, table: Table, form: Mapping[str, Any], place: Place) -> Table:
        fields = {name.lower(): name for name in form if name}
        found: Table = {}
        for key, value in table.items():
            name = fields.get(key.lower(), key)
            found[name] = self.value(value, form[name], (*place, key)) if name in form else value
        return found

    def _error(self, place: Place, text: str) -> PhaseError:
        while place and isinstance(place[-1], int) and len(place) > 2:
            place = place[:-1]
        key = ".".join(part for part in place if isinstance(part, str))
        return _refused(f'toml: line {_line(self._text, place)} (last key "{key}"): {text}')


def _line(text: str, place: Place) -> int:
    """Return the line of a value; 0 where it is not written on a line of its own."""
    counts: dict[str, int] = {}
    here: Place = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.-]+)\s*\]", line):
            name = header[2]
            here = tuple(name.split("."))
            if header[1] == "[[":
                counts[name] = counts.get(name, -1) + 1
                here = (*here, counts[name])
            if place in (here, here[:-1]):
                return number
        elif (found := re.match(r"\s*([\w-]+)\s*=", line)) and (*here, found[1]) == place:
            return number
    return 0


def _incompatible(found: str, wanted: str) -> str:
    return f"incompatible types: TOML value has type {found}; destination has type {wanted}"


def _kind(value: Any) -> str:
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        return "[]map[string]any"
    return _KINDS.get(type(value), "time.Time")


def _wanted(form: Form) -> str:
    return "slice" if isinstance(form, list) else _WANTED[form]  # type: ignore[index]


def _refused(text: str) -> PhaseError:
    return PhaseError(text, Code.BUILD)
