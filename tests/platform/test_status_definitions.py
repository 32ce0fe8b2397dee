"""The definitions hold every field that the real controllers were seen to write into a status."""

from __future__ import annotations

import pytest
from ledger_kit import GROUPS, served
from shared_traces import objects

from pkgops.kube import Obj

KINDS = [(group, kind) for group in GROUPS for kind in served(group)]
OPEN = "x-kubernetes-preserve-unknown-fields"


def unknown(value: object, schema: Obj, path: str) -> set[str]:
    """Return the fields of a value that its schema would drop."""
    found: set[str] = set()
    if isinstance(value, dict):
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for key, below in value.items():
            if key in known or isinstance(others, dict):
                found |= unknown(below, known.get(key) or others, f"{path}.{key}")
            elif not (schema.get(OPEN) or others):
                found.add(f"{path}.{key}")
    elif isinstance(value, list):
        for below in value:
            found |= unknown(below, schema.get("items") or {OPEN: True}, f"{path}[]")
    return found


@pytest.mark.parametrize(("group", "kind"), KINDS, ids=[kind for _, kind in KINDS])
def test_no_recorded_field_of_a_status_is_dropped(group: str, kind: str) -> None:
    definition = served(group)[kind]["spec"]
    schemas = {
        f"{definition['group']}/{one['name']}": one["schema"]["openAPIV3Schema"]
        for one in definition["versions"]
    }
    dropped: set[str] = set()
    for obj in objects(kind):
        if obj["apiVersion"] in schemas:
            schema = schemas[obj["apiVersion"]]
            below = (schema.get("properties") or {}).get("status") or {OPEN: True}
            dropped |= unknown(obj.get("status") or {}, below, "status")
    assert sorted(dropped) == []


def test_a_field_that_is_not_defined_is_found() -> None:
    schema = served("knative")["Revision"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    status = {"conditions": [{"type": "Ready", "hue": "x"}], "logUrl": "x", "imageDigest": "x"}
    found = unknown(status, schema["properties"]["status"], "status")
    assert found == {"status.conditions[].hue", "status.imageDigest"}
