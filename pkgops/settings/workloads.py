"""Several workloads in one configuration: each item of ``workloads`` with its own values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pkgops.errors import UsageError
from pkgops.settings.layers import Layer, Origin
from pkgops.settings.schema import Schema
from pkgops.values import Value

KEY = "workloads"
SECTIONS = ("git", "package", "build")
"""An item has the keys of ``workload`` and these sections; values that they do not set are shared."""

BESIDE = ("source", "deliverable")
NEXT = "write for example {name: shop, source: shop, language: golang}"


class Entry(Value):
    """One workload: its name, its values as in a configuration for it only, and their position."""

    name: str
    values: Mapping[str, Any]
    place: Origin

    def layer(self) -> Layer:
        """Return the values as a layer."""
        return Layer.of(self.values, self.place)


def entries(items: Any, place: Origin, schema: Schema) -> tuple[Entry, ...]:
    """Return the items of ``workloads``.

    Raises:
        UsageError: one is no map, has no name, a name twice, or a key that is not known.
    """
    if not isinstance(items, list):
        raise _bad(place, "must be a list")
    found = tuple(_entry(item, place, schema) for item in items)
    names = [entry.name for entry in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _bad(place, f"{twice[0]} is used twice")
    return found


def _entry(item: Any, place: Origin, schema: Schema) -> Entry:
    if not isinstance(item, Mapping) or not item.get("name"):
        raise _bad(place, f"{item!r} has no name")
    name = str(item["name"])
    unknown = sorted(set(item) - set(_known(schema))) if schema.closed else []
    if unknown:
        known = ", ".join(_known(schema))
        raise _bad(place, f"{name} has {unknown[0]}", why=f"an item has: {known}")
    for section in (one for one in SECTIONS if not isinstance(item.get(one, {}), Mapping)):
        raise _bad(place, f"{section} of {name} must be a map")
    return Entry(name, _values(name, item), place)


def _known(schema: Schema) -> list[str]:
    own = schema.defaults.get("workload") or {}
    return sorted({*own, *BESIDE, *SECTIONS})


def _values(name: str, item: Mapping[str, Any]) -> dict[str, Any]:
    own = {key: value for key, value in item.items() if key not in (*BESIDE, *SECTIONS)}
    # Names that are shared otherwise would make the workloads deliver each other's packages.
    values: dict[str, Any] = {
        "workload": {**own, "name": name},
        "package": {"name": f"{name}.demo.carto"},
        "deliverable": {"name": str(item.get("deliverable") or name)},
    }
    for section in SECTIONS:
        if item.get(section):
            values[section] = {**values.get(section, {}), **item[section]}
    if item.get("source"):
        values["pkgops"] = {"source": str(item["source"])}
    return values


def _bad(place: Origin, problem: str, why: str = "") -> UsageError:
    return UsageError(f"{place}: {KEY}: {problem}", why=why, next=NEXT, slug="bad-workloads")


def inserted(layers: tuple[Layer, ...], entry: Entry) -> tuple[Layer, ...]:
    """Return layers with those of one workload above all files, and below the environment and the options."""
    kinds = [{origin.source for origin in layer.origins.values()} for layer in layers]
    files = [index for index, sources in enumerate(kinds) if "file" in sources]
    after = max(files, default=0) + 1
    return (*layers[:after], entry.layer(), *layers[after:])
