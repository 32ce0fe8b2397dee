"""Objects as Tekton's webhook returns them: decoded into Go structs and encoded again. Pure.

Fields without ``omitempty`` are set then, though empty, so that CRDs which require them accept the object.
The CRDs preserve unknown fields in Tasks, Pipelines and volumes within other objects; the webhook refuses
them.

Source: ``knative.dev/pkg/webhook/resourcesemantics/defaulting``, which Tekton has refuse unknown fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.crds import CrdFile
from pkgops.platform.tekton.preservedfields import PRESERVED_FIELDS

_PARTS: Mapping[str, str] = {"taskSpec": "Task", "pipelineSpec": "Pipeline"}
_PARAM_VALUES = frozenset({"value", "default"})
_EMPTY: Mapping[str, Any] = {"string": "", "integer": 0, "boolean": False, "object": {}}
_OPEN = {"x-kubernetes-preserve-unknown-fields": True}
_OF_EMBEDDED = dict.fromkeys(("apiVersion", "kind", "metadata", "spec"), _OPEN)
"""Further fields of a Task embedded in a Pipeline: its metadata, and kind and spec of a custom task."""
_OLD = {"bundle": "resolver", "resources": "computeResources"}
"""Fields that only v1beta1 has, each with the field of v1 beside which the CRD has it."""


class EncodingError(ValueError):
    """The object was decoded and cannot be encoded again; the text is Go's message."""


def encoded(obj: Obj) -> Obj:
    """Return an object with the fields without ``omitempty``.

    Raises:
        ValueError: a Task or Pipeline within it has an unknown field.
        EncodingError: a param or result has no value.
    """
    version = str(obj.get("apiVersion") or "").rpartition("/")[2]
    return {**obj, "spec": _Encoder(version).value(obj.get("spec") or {}, _spec(obj["kind"]))}


def _param_value(value: Any) -> Any:
    """Return a param's value as Go decodes it: a string, a list or map of strings, or else its JSON."""
    parts = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
    if _is_text(value) or (parts is not None and all(map(_is_text, parts))):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


@cache
def _spec(kind: str) -> Obj:
    crd = next(crd for crd in CrdFile.of("tekton").documents() if crd["spec"]["names"]["kind"] == kind)
    spec: Obj = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec


class _Encoder:
    """Encodes values of one API version."""

    def __init__(self, version: str) -> None:
        self._version = version

    def value(self, value: Any, schema: Obj, *, strict: bool = False) -> Any:
        """Return a value by its schema; with ``strict`` fields that are not in the schema are refused."""
        if isinstance(value, list) and "items" in schema:
            return [self.value(item, schema["items"], strict=strict) for item in value]
        if isinstance(value, dict) and "properties" in schema:
            return self._fields(value, schema, strict=strict)
        below = schema.get("additionalProperties")
        if isinstance(value, dict) and isinstance(below, dict):
            return {key: self.value(item, below, strict=strict) for key, item in value.items()}
        return value

    def _fields(self, value: Obj, schema: Obj, *, strict: bool) -> Obj:
        known = schema["properties"]
        encoded: Obj = {}
        for given, item in value.items():
            key = self._known(given, known) if strict else given
            below = known.get(key) or {}
            part = self._part(key, in_pipeline="runAfter" in known) if below == _OPEN else None
            if below == _OPEN and key in _PARAM_VALUES:
                # A default is a pointer: null means no default.
                encoded |= {} if item is None and key == "default" else {key: _param_value(item)}
            else:
                encoded[key] = self.value(item, part or below, strict=strict or part is not None)
        for key in schema.get("required") or ():
            if encoded.get(key) is None:
                encoded[key] = "" if key in encoded and known[key] == _OPEN else self._empty(known[key])
        return encoded

    def _known(self, key: str, known: Obj) -> str:
        """Return the name of a field in the schema; Go ignores the case of names."""
        name_in_schema = (
            key if key in known else next((name for name in known if name.lower() == key.lower()), "")
        )
        if not name_in_schema or self._is_old(name_in_schema, known):
            raise ValueError(f'json: unknown field "{key}"')
        return name_in_schema

    def _is_old(self, key: str, known: Obj) -> bool:
        return self._version == "v1" and _OLD.get(key) in known

    def _part(self, key: str, *, in_pipeline: bool) -> Obj | None:
        """Return the schema of a field whose subfields the CRD does not have: a Task, Pipeline or volume."""
        if key not in _PARTS:
            return PRESERVED_FIELDS.get(key)
        spec = _spec(_PARTS[key])
        if key == "taskSpec" and in_pipeline:
            return {**spec, "properties": {**_OF_EMBEDDED, **spec["properties"]}}
        return spec

    def _empty(self, schema: Obj) -> Any:
        if schema == _OPEN:
            raise EncodingError(
                f"json: error calling MarshalJSON for type {self._version}.ParamValue: "
                'impossible ParamValues.Type: ""'
            )
        return self.value(_EMPTY.get(schema.get("type", "")), schema)
