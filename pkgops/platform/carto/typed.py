"""The owner as templates read it: with the fields that its Go type declares though they are not set.

Cartographer evaluates paths on Go structs, so a declared but unset field is null (or empty) where
an unknown one is missing, and params are raw JSON, of which a path cannot select a part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj

Build = Callable[[Any], Any]


class Struct(dict[str, Any]):
    """A Go struct: the fields that are set, and in ``unset`` the other fields that its type declares."""

    def __init__(self, values: Mapping[str, Any], unset: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.unset = unset


@dataclass(frozen=True, slots=True)
class Opaque:
    """A raw JSON value: a path selects the whole of it, and no part."""

    value: Any


def plain(value: Any) -> Any:
    """Return a value as plain JSON: without marker classes and unset fields."""
    if isinstance(value, Opaque):
        return value.value
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def owner_view(owner: Obj) -> Struct:
    """Return a Workload, Deliverable or Runnable as templates read it."""
    return _OWNERS[str(owner["kind"])](owner)


def _as_is(value: Any) -> Any:
    return value


def _struct(unset: Mapping[str, Any], shapes: Mapping[str, Build], always: tuple[str, ...] = ()) -> Any:
    """Return a builder. ``always``: fields held by value, which Go prints even when they are empty."""

    def build(value: Mapping[str, Any] | None) -> Struct:
        given = {**{key: {} for key in always}, **(value or {})}
        values = {key: shapes.get(key, _as_is)(item) for key, item in given.items()}
        return Struct(values, {key: default for key, default in unset.items() if key not in values})

    return build


def _list_of(build: Build) -> Build:
    return lambda values: [build(value) for value in values] if isinstance(values, list) else values


def _nulls(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names)


def _opaque_map(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: Opaque(value) for key, value in values.items()}


_META = _struct(
    {
        **_nulls("labels", "annotations", "ownerReferences", "finalizers", "managedFields"),
        **dict.fromkeys(("generateName", "namespace"), ""),
    },
    {},
)
_GIT = _struct(_nulls("url", "ref"), {"ref": _struct(_nulls("branch", "tag", "commit"), {})})
_SOURCE = _struct(_nulls("git", "image", "subPath"), {"git": _GIT})
_PARAMS = _list_of(_struct({"name": ""}, {"value": Opaque}))
_ENV = _list_of(_struct({"value": "", "valueFrom": None}, {}))
_WORKLOAD_SPEC = _struct(
    {**_nulls("params", "source", "env", "image", "resources", "serviceClaims"), "serviceAccountName": ""},
    {"params": _PARAMS, "source": _SOURCE, "build": _struct(_nulls("env"), {"env": _ENV}), "env": _ENV},
    always=("build",),
)
_DELIVERABLE_SPEC = _struct(
    {**_nulls("params", "source"), "serviceAccountName": ""}, {"params": _PARAMS, "source": _SOURCE}
)
_RUNNABLE_SPEC = _struct(
    {**_nulls("selector", "inputs"), "serviceAccountName": ""},
    {"inputs": _opaque_map, "runTemplateRef": _struct({"kind": "", "name": ""}, {})},
)
_RUNNABLE_STATUS = _struct(_nulls("conditions", "outputs"), {"outputs": _opaque_map})


def _owner(spec: Build, status: Build = _as_is) -> Any:
    return _struct({}, {"metadata": _META, "spec": spec, "status": status}, always=("spec", "status"))


_OWNERS: Mapping[str, Callable[[Obj], Struct]] = {
    "Workload": _owner(_WORKLOAD_SPEC),
    "Deliverable": _owner(_DELIVERABLE_SPEC),
    "Runnable": _owner(_RUNNABLE_SPEC, _RUNNABLE_STATUS),
}
