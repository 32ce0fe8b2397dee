"""What becomes of an object as Tekton's webhook decodes it and writes it again. Pure.

Fields that Go always writes are there then, and empty: no definition that requires them refuses an object.
The definitions let any field pass in Tasks, Pipelines and volumes within other objects; the webhook does not.

Source: ``knative.dev/pkg/webhook/resourcesemantics/defaulting``, which Tekton has refuse unknown fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.crds import CrdFile
from pkgops.platform.tekton.openparts import OPEN_PARTS

_PARTS: Mapping[str, str] = {"taskSpec": "Task", "pipelineSpec": "Pipeline"}
_PARAM_VALUES = frozenset({"value", "default"})
_EMPTY: Mapping[str, Any] = {"string": "", "integer": 0, "boolean": False, "object": {}}
_OPEN = {"x-kubernetes-preserve-unknown-fields": True}
_OF_EMBEDDED = dict.fromkeys(("apiVersion", "kind", "metadata", "spec"), _OPEN)
"""What a Task within a Pipeline has beside a Task's spec: its metadata, and a custom task's kind and spec."""
_OLD = {"bundle": "resolver", "resources": "computeResources"}
"""Fields of v1beta1 alone, each with the one that v1 has beside it in the definition."""


class Unwritable(ValueError):
    """The object was decoded and cannot be written again, in Go's words."""


def written(obj: Obj) -> Obj:
    """Return an object with the fields that Go always writes.

    Raises:
        ValueError: a Task or Pipeline within it has an unknown field.
        Unwritable: a param or result has no value.
    """
    version = str(obj.get("apiVersion") or "").rpartition("/")[2]
    return {**obj, "spec": _Writer(version).value(obj.get("spec") or {}, _spec(obj["kind"]))}


def _param_value(value: Any) -> Any:
    """Return a param's value as Go reads it: text, a list or map of texts, and else its JSON as text."""
    parts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
    if _is_text(value) or (parts is not None and all(map(_is_text, parts))):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


@cache
def _spec(kind: str) -> Obj:
    found = next(one for one in CrdFile.of("tekton").documents() if one["spec"]["names"]["kind"] == kind)
    spec: Obj = found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec


class _Writer:
    """Writes what is of one version of the API."""

    def __init__(self, version: str) -> None:
        self._version = version

    def value(self, value: Any, schema: Obj, *, strict: bool = False) -> Any:
        """Return a value by its schema; ``strict`` where a field that the schema does not know is refused."""
        if isinstance(value, list) and "items" in schema:
            return [self.value(item, schema["items"], strict=strict) for item in value]
        if isinstance(value, dict) and "properties" in schema:
            return self._fields(value, schema, strict=strict)
        below = schema.get("additionalProperties")
        if isinstance(value, dict) and isinstance(below, dict):
            return {key: self.value(one, below, strict=strict) for key, one in value.items()}
        return value

    def _fields(self, value: Obj, schema: Obj, *, strict: bool) -> Obj:
        known = schema["properties"]
        found: Obj = {}
        for given, one in value.items():
            key = self._known(given, known) if strict else given
            below = known.get(key) or {}
            part = self._part(key, in_pipeline="runAfter" in known) if below == _OPEN else None
            if below == _OPEN and key in _PARAM_VALUES:
                # A default is a pointer: none is no default.
                found |= {} if one is None and key == "default" else {key: _param_value(one)}
            else:
                found[key] = self.value(one, part or below, strict=strict or part is not None)
        for key in schema.get("required") or ():
            if found.get(key) is None:
                found[key] = "" if key in found and known[key] == _OPEN else self._empty(known[key])
        return found

    def _known(self, key: str, known: Obj) -> str:
        """Return the name of a field; Go passes over capitals."""
        found = key if key in known else next((one for one in known if one.lower() == key.lower()), "")
        if not found or self._is_old(found, known):
            raise ValueError(f'json: unknown field "{key}"')
        return found

    def _is_old(self, key: str, known: Obj) -> bool:
        return self._version == "v1" and _OLD.get(key) in known

    def _part(self, key: str, *, in_pipeline: bool) -> Obj | None:
        """Return the schema of what the definition lets pass: a Task, Pipeline or volume within an object."""
        if key not in _PARTS:
            return OPEN_PARTS.get(key)
        spec = _spec(_PARTS[key])
        if key == "taskSpec" and in_pipeline:
            return {**spec, "properties": {**_OF_EMBEDDED, **spec["properties"]}}
        return spec

    def _empty(self, schema: Obj) -> Any:
        if schema == _OPEN:
            raise Unwritable(
                f"json: error calling MarshalJSON for type {self._version}.ParamValue: "
                'impossible ParamValues.Type: ""'
            )
        return self.value(_EMPTY.get(schema.get("type", "")), schema)
