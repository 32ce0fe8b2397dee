"""What the tests of the lists of fields share: the real definitions, and an object with one field set."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from pkgops.formats import yaml
from pkgops.kube import Obj
from pkgops.platform import fieldsupport
from pkgops.platform.crds import CrdFile
from pkgops.platform.fieldsupport import LIST, Field, fields_of, parts_of
from pkgops.platform.gotypes import ListOf, MapOf, Struct, Type
from pkgops.platform.knative import structs as knative_structs
from pkgops.platform.kpack import structs as kpack_structs

DEFINITIONS = Path(__file__).parents[1] / "data" / "definitions"
PLATFORM = Path(fieldsupport.__file__).parent
GROUPS = ("flux", "carvel", "kpack", "knative", "tekton", "carto", "storage")
TYPES = {"string": str, "integer": int, "boolean": bool}
STRUCTS = {"knative": knative_structs.SPECS, "kpack": kpack_structs.SPECS}
OPEN = "x-kubernetes-preserve-unknown-fields"
KINDS = [(group, kind) for group in GROUPS for kind in fields_of(group)]


@cache
def defined_kinds(group: str) -> dict[str, list[str]]:
    """Return the fields of the real definitions of a group, by kind."""
    path = DEFINITIONS / f"{group}.yaml"
    return dict(yaml.parse(path.read_text(), str(path)))


@cache
def defined_statuses(group: str) -> dict[str, dict[str, str]]:
    """Return the fields of a status in the real definitions of a group, with their types, by kind."""
    path = DEFINITIONS / "statuses" / f"{group}.yaml"
    return dict(yaml.parse(path.read_text(), str(path)))


def defined(group: str, kind: str) -> list[str]:
    """Return the fields of one real definition."""
    return defined_kinds(group)[kind]


@cache
def served(group: str) -> dict[str, Obj]:
    """Return the definitions that the platform installs for a group, by kind; Kubernetes' own need none."""
    if not (PLATFORM / group / "crds.yaml").exists():
        return {}
    return {one["spec"]["names"]["kind"]: one for one in CrdFile.of(group).documents()}


def lies_in(path: str, place: str) -> bool:
    """Return whether a field is a listed one, or below it."""
    return path == place or path.removesuffix(LIST) == place or path.startswith((f"{place}.", f"{place}[]."))


def holds(field: Field, path: str) -> bool:
    """Return whether an entry of the list includes a field.

    Fields that are acted on are listed individually; an entry without effect may include all fields below it,
    and all keys with a prefix.
    """
    if field.path.endswith("*]"):
        return path.startswith(field.path.removesuffix("*]"))
    return path == field.path if field.verdict == "acted on" else lies_in(path, field.path)


def said_of(listed: tuple[Field, ...], path: str) -> list[Field]:
    """Return the entries that include a field; one for a key has precedence over one for all keys."""
    found = [field for field in listed if holds(field, path)]
    return [field for field in found if not field.path.endswith("*]")] or found


def fields(group: str, kind: str, verdict: str) -> list[Field]:
    """Return the fields of a kind with one verdict."""
    return fields_of(group)[kind].with_verdict(verdict)


def with_verdict(group: str, verdict: str) -> list[tuple[str, Field]]:
    """Return the fields of a group with one verdict, each with its kind."""
    return [(kind, field) for kind in fields_of(group) for field in fields(group, kind, verdict)]


def sample(group: str, kind: str, field: Field, base: Obj | None = None) -> Obj:
    """Return an object with every field below a listed one."""
    obj = copy.deepcopy(base) if base else {"kind": kind, "metadata": {"name": "a"}, "spec": {}}
    for path in defined(group, kind):
        if field in said_of(fields_of(group)[kind].fields, path):
            _put(obj, parts_of(path))
    struct = STRUCTS.get(group, {}).get(kind)
    return {**obj, "spec": _fitted(obj["spec"], struct)} if struct else obj


def _fitted(value: Any, wanted: Type | None) -> Any:
    """Return a value with those of another type than their fields replaced."""
    if isinstance(wanted, Struct):
        fields = wanted.all_fields()
        return {key: _fitted(one, fields.get(key)) for key, one in value.items()} if value != "x" else {}
    if isinstance(wanted, ListOf):
        return [_fitted(one, wanted.item) for one in value] if isinstance(value, list) else []
    if isinstance(wanted, MapOf):
        return value if isinstance(value, dict) else {}
    fitting = {"bool": True, "int64": 1, "int32": 1}
    return fitting.get(wanted or "", value) if value == "x" else value


def _put(value: Obj, parts: list[str]) -> None:
    name, items = parts[0].removesuffix(LIST), parts[0].endswith(LIST)
    if len(parts) == 1:
        value[name] = [_value(name)] if items else _value(name)
    elif items:
        _put(value.setdefault(name, [{}])[0], parts[1:])
    else:
        _put(value.setdefault(name, {}), parts[1:])


def _value(name: str) -> object:
    """Return a value of the type that a field with this name has."""
    if name.endswith(("Seconds", "Concurrency", "containerPort", "percent")):
        return 1
    if name == "when":
        return {"input": "x", "operator": "in", "values": ["x"]}
    return {} if name.endswith(("Probe", "Containers", "pipelineSpec")) else "x"


def unknown(value: object, schema: Obj, path: str) -> set[str]:
    """Return the fields of a value that its schema would drop, those of another type, and those that lack."""
    found: set[str] = set()
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        found |= {f"{path}.{key} is missing" for key in schema.get("required") or () if key not in value}
        for key, below in value.items():
            if key in known or isinstance(others, dict):
                found |= unknown(below, known.get(key) or others, f"{path}.{key}")
            elif not (schema.get(OPEN) or others):
                found.add(f"{path}.{key}")
    elif isinstance(value, list):
        for below in value:
            found |= unknown(below, schema.get("items") or {OPEN: True}, f"{path}[]")
    elif type(value) is not TYPES.get(schema.get("type", ""), type(value)):
        found.add(f"{path} is no {schema['type']}")
    return found


def undefined(group: str, objects: Iterable[Obj]) -> dict[str, set[str]]:
    """Return the fields of the statuses of a group's objects that its definitions do not have, by kind.

    A kind without a status is missing, so that a test can assert that one was checked.
    """
    found: dict[str, set[str]] = {}
    for obj in objects:
        if obj["kind"] in served(group) and obj.get("status"):
            dropped = found.setdefault(obj["kind"], set())
            dropped |= unknown(obj["status"], status_schema(group, obj["kind"], obj["apiVersion"]), "status")
    return found


def status_schema(group: str, kind: str, api_version: str) -> Obj:
    """Return the schema of a status in a served definition; empty if it has none."""
    version = next(
        one
        for one in served(group)[kind]["spec"]["versions"]
        if one["name"] == api_version.rpartition("/")[2]
    )
    schema: Obj = version["schema"]["openAPIV3Schema"]
    return dict((schema.get("properties") or {}).get("status") or ({OPEN: True} if schema.get(OPEN) else {}))


def leaves(schema: Obj, path: str) -> dict[str, str]:
    """Return the fields of a schema that have none below them, and their types."""
    if schema.get("properties"):
        open_ = {f"{path}.*": "any"} if schema.get(OPEN) else {}
        parts = [leaves(below, f"{path}.{name}") for name, below in schema["properties"].items()]
        return open_ | {name: kind for part in parts for name, kind in part.items()}
    if schema.get("type") == "array":
        return leaves(schema.get("items") or {}, path + LIST)
    if isinstance(schema.get("additionalProperties"), dict):
        return leaves(schema["additionalProperties"], path + "{}")
    return {path: "any" if schema.get(OPEN) else schema.get("type", "any")}
