"""Go types as far as they matter for decoding an object, and those of Kubernetes' pods.

Fields with their own unmarshaller (values of parameters, durations, quantities) have the type ``any``;
they are checked where they are read.
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
    """A Go struct: its name, with the prefix ``~.`` for the package of the API version, and its fields.

    ``inline`` has the fields of embedded structs by their names, which are part of paths in messages.
    """

    name: str
    fields: Mapping[str, Type]
    inline: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)

    def place(self, key: str) -> tuple[str, Type | None]:
        """Return the path of a field in messages, and its type; None for a field that is not checked."""
        for embedded, fields in self.inline.items():
            if key in fields:
                return f"{embedded}.{key}", fields[key]
        return key, self.fields.get(key)

    def all_fields(self) -> Mapping[str, Type]:
        """Return all fields, also those of embedded structs."""
        all_fields = dict(self.fields)
        for fields in self.inline.values():
            all_fields |= fields
        return all_fields


@dataclass(frozen=True)
class ListOf:
    """A list; ``go`` is the name of its Go type, if it has one."""

    item: Type
    go: str = ""


@dataclass(frozen=True)
class MapOf:
    """A map with string keys; ``go`` is the name of its Go type, if it has one."""

    item: Type
    go: str = ""


Type = str | Struct | ListOf | MapOf

_SCALARS = ("string", "bool", "int", "int32", "int64", "any")
_LIST, _MAP = "[]", "map[string]"


@cache
def _pod_types() -> Mapping[str, Any]:
    path = Path(__file__).parent / "podtypes.yaml"
    return dict(yaml.parse(path.read_text(), str(path)))


@cache
def core(name: str) -> Struct:
    """Return a struct of Kubernetes' pods by its Go name, such as ``Volume``."""
    fields: dict[str, Type] = {}
    inline: dict[str, Mapping[str, Type]] = {}
    for key, written in _pod_types()[name].items():
        if isinstance(written, dict):
            inline[key] = {name: _type(text) for name, text in written.items()}
        else:
            fields[key] = _type(written)
    return Struct(f"v1.{name}", fields, inline)


def _type(text: str) -> Type:
    if text.startswith(_LIST):
        return ListOf(_type(text.removeprefix(_LIST)))
    if text.startswith(_MAP):
        item, _, go = text.removeprefix(_MAP).partition("|")
        return MapOf(_type(item), go)
    return text if text.partition("|")[0] in _SCALARS else core(text)


def schema_of(go_type: Type) -> dict[str, Any]:
    """Return the OpenAPI schema of a type: the names of its fields; scalars have no type."""
    if isinstance(go_type, ListOf):
        return {"type": "array", "items": schema_of(go_type.item)}
    if isinstance(go_type, MapOf):
        return {"type": "object", "additionalProperties": schema_of(go_type.item)}
    if isinstance(go_type, str):
        return {}
    fields = go_type.all_fields()
    return {"type": "object", "properties": {key: schema_of(inner) for key, inner in fields.items()}}


def picked(struct: Struct, keys: Iterable[str]) -> dict[str, Type]:
    """Return the fields of a struct with the given names."""
    fields = struct.all_fields()
    return {key: fields[key] for key in keys}
