"""The definitions hold every field that the real controllers were seen to write into a status."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ledger_kit import GROUPS, OPEN, served, unknown
from shared_traces import objects

from pkgops.platform.carvel.status import broken_off

KINDS = [(group, kind) for group in GROUPS for kind in served(group)]


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


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("kind", ["App", "PackageRepository"])
def test_what_is_written_of_an_unexpected_error_is_defined(kind: str, deleted: bool) -> None:
    schema = served("carvel")[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    meta = {"generation": 1, **({"deletionTimestamp": "2026-01-01T00:00:00Z"} if deleted else {})}
    status = broken_off({"kind": kind, "metadata": meta}, "boom", datetime(2026, 1, 1, tzinfo=UTC))
    assert status["conditions"]
    assert unknown(status, schema["properties"]["status"], "status") == set()


def test_a_field_that_is_not_defined_is_found() -> None:
    schema = served("knative")["Revision"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    status = {"conditions": [{"type": "Ready", "hue": "x"}], "logUrl": "x", "imageDigest": "x"}
    found = unknown({**status, "desiredReplicas": "1"}, schema["properties"]["status"], "status")
    assert found == {
        "status.conditions[].hue",
        "status.imageDigest",
        "status.desiredReplicas is no integer",
    }
