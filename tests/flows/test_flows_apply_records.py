"""What is applied has a record that kapp reads: one writer for commands and for Apps."""

from __future__ import annotations

import ast
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from memory_direct import direct_client

import pkgops
from pkgops.flows import apply
from pkgops.flows.ports import Ports
from pkgops.kapp.records import Records
from pkgops.kube import Forbidden

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PORTS = Ports(now=lambda: NOW)


@pytest.fixture
def api(memory_api):
    memory_api.namespaces("default")
    return memory_api


def config_map(name, **data):
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"},
        "data": data,
    }


def put(api, *objects):
    client = direct_client(api)
    apply.execute(client, apply.plan(client, objects, "web", "default", NOW), PORTS)


def maps(api):
    """What is said in each ConfigMap, by name; the record of a change is called so."""
    found = {obj["metadata"]["name"]: obj["data"] for obj in api.objects.all(api.of("v1", "ConfigMap"))}
    return {
        "change" if "-change-" in name else name: json.loads(data["spec"]) if "spec" in data else data
        for name, data in found.items()
    }


def test_a_record_says_what_is_there_and_how_the_last_change_ended(api):
    put(api, config_map("a", x="1"), config_map("b", x="1"))
    said = maps(api)
    assert set(said) == {"a", "b", "change", "web"}
    assert said["web"]["usedGKs"] == [{"Group": "", "Kind": "ConfigMap"}]
    assert said["web"]["lastChange"] == said["change"]
    assert said["change"] == {
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:00:00Z",
        "successful": True,
        "description": "Op: 2 create, 0 delete, 0 update, 0 noop, 0 exists",
        "namespaces": ["default"],
    }


def test_what_left_the_templates_is_deleted_and_every_change_keeps_its_record(api):
    for count in range(8):
        put(api, config_map("a", x=str(count)), *([config_map("b")] if count == 0 else []))
    names = [obj["metadata"]["name"] for obj in api.objects.all(api.of("v1", "ConfigMap"))]
    assert "b" not in names
    assert len([name for name in names if name.startswith("web-change-")]) == 8


def test_a_change_that_the_server_refuses_ends_with_its_own_error_and_is_recorded(api):
    client = direct_client(api)
    plan = apply.plan(client, [config_map("a")], "web", "default", NOW)
    api.fail("PATCH", "configmaps/a", 403, "Forbidden", "no more")
    with pytest.raises(Forbidden):
        apply.execute(client, plan, PORTS)
    assert maps(api)["web"]["lastChange"]["successful"] is False
    assert maps(api)["change"]["successful"] is False


def test_a_record_that_may_not_be_written_is_told_in_the_servers_words(api):
    client = direct_client(api)
    plan = apply.plan(client, [config_map("a")], "web", "default", NOW)
    api.fail("PATCH", "configmaps/web", 403, "Forbidden", "no record")
    with pytest.raises(Forbidden, match="no record"):
        apply.execute(client, plan, PORTS)
    assert maps(api) == {}


def test_a_record_goes_with_those_of_its_changes(api):
    put(api, config_map("a"))
    Records(client=direct_client(api), name="web", namespace="default", now=PORTS.now).delete()
    assert set(maps(api)) == {"a"}


def test_nothing_else_writes_the_records():
    folder = Path(pkgops.__file__).parent
    writers = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("app_config_map", "change_config_map")
    }
    assert writers == {"kapp/records.py"}
