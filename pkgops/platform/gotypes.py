"""Types of Go, as far as decoding an object looks at them, and those of Kubernetes' pods.

Fields that decode themselves (values of parameters, durations, quantities) may be anything here; they are
checked where they are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pkgops.formats import yaml


@dataclass(frozen=True)
class Struct:
    """A struct of Go: its name, with ``~.`` before it for the package of the API version, and its fields.

    ``inline`` has the fields of structs that are embedded; messages name these on the way to a field.
    """

    name: str
    fields: Mapping[str, Type]
    inline: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)

    def place(self, key: str) -> tuple[str, Type | None]:
        """Return how messages name a field, and its type; None for one that is not looked at."""
        for embedded, fields in self.inline.items():
            if key in fields:
                return f"{embedded}.{key}", fields[key]
        return key, self.fields.get(key)

    def all_fields(self) -> Mapping[str, Type]:
        """Return all fields, the embedded ones too."""
        found = dict(self.fields)
        for fields in self.inline.values():
            found |= fields
        return found


@dataclass(frozen=True)
class Many:
    """A list; ``go`` is its type's name where it has one of its own."""

    item: Type
    go: str = ""


@dataclass(frozen=True)
class Keyed:
    """A map from texts; ``go`` is its type's name where it has one of its own."""

    item: Type
    go: str = ""


Type = str | Struct | Many | Keyed

_SCALARS = ("string", "bool", "int", "int32", "int64", "any")
_LIST, _MAP = "[]", "map[string]"


@cache
def _written() -> Mapping[str, Any]:
    path = Path(__file__).parent / "podtypes.yaml"
    return dict(yaml.parse(path.read_text(), str(path)))


@cache
def core(name: str) -> Struct:
    """Return a struct of Kubernetes' pods by its name in Go, as ``Volume``."""
    fields: dict[str, Type] = {}
    inline: dict[str, Mapping[str, Type]] = {}
    for key, written in _written()[name].items():
        if isinstance(written, dict):
            inline[key] = {one: _type(text) for one, text in written.items()}
        else:
            fields[key] = _type(written)
    return Struct(f"v1.{name}", fields, inline)


def _type(text: str) -> Type:
    if text.startswith(_LIST):
        return Many(_type(text.removeprefix(_LIST)))
    if text.startswith(_MAP):
        item, _, go = text.removeprefix(_MAP).partition("|")
        return Keyed(_type(item), go)
    return text if text.partition("|")[0] in _SCALARS else core(text)


def schema_of(wanted: Type) -> dict[str, Any]:
    """Return a type as a definition has it: which fields there are; a scalar may be anything."""
    if isinstance(wanted, Many):
        return {"type": "array", "items": schema_of(wanted.item)}
    if isinstance(wanted, Keyed):
        return {"type": "object", "additionalProperties": schema_of(wanted.item)}
    if isinstance(wanted, str):
        return {}
    fields = wanted.all_fields()
    return {"type": "object", "properties": {key: schema_of(one) for key, one in fields.items()}}


def picked(struct: Struct, keys: Iterable[str]) -> dict[str, Type]:
    """Return some fields of a struct."""
    fields = struct.all_fields()
    return {key: fields[key] for key in keys}
