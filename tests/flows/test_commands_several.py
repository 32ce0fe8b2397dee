"""Commands on a configuration that lists several workloads: which of them are submitted, and what is told."""

from __future__ import annotations

import signal
import time

import pytest
from killed_kit import started
from registry_fixtures import *  # noqa: F403

CARTO = "carto.run/v1alpha1"


@pytest.fixture
def commands(commands, registry):
    commands.configure(
        registry,
        workloads=[
            {"name": "shop", "git": {"url": "https://git.example.com/demo/shop.git"}},
            {"name": "stall", "git": {"url": "https://git.example.com/demo/stall.git"}, "tests": False},
        ],
    )
    return commands


def objects(commands, kind):
    return {obj["metadata"]["name"]: obj for obj in commands.api.objects.all(commands.api.of(CARTO, kind))}


def params(obj):
    return {one["name"]: one["value"] for one in obj["spec"]["params"]}


def test_all_are_submitted_each_with_its_own_source_package_and_deliverable(commands):
    ended = commands("up", "--no-wait", "--yes")
    assert ended.code == 0, ended
    found = objects(commands, "Workload")
    sources = {name: obj["spec"]["source"]["git"]["url"] for name, obj in found.items()}
    assert sources == {name: f"https://git.example.com/demo/{name}.git" for name in ("shop", "stall")}
    packages = {name: params(obj)["package"] for name, obj in found.items()}
    assert packages == {"shop": "shop.demo.carto", "stall": "stall.demo.carto"}
    assert {name: params(obj)["tests"] for name, obj in found.items()} == {"shop": "on", "stall": "off"}
    labels = {name: obj["metadata"]["labels"].get("pkgops.dev/tests") for name, obj in found.items()}
    assert labels == {"shop": None, "stall": "off"}
    assert set(objects(commands, "Deliverable")) == {"shop", "stall"}


def test_one_that_is_named_is_submitted_alone(commands):
    ended = commands("up", "sta", "--no-wait", "--yes")
    assert ended.code == 0, ended
    assert set(objects(commands, "Workload")) == {"stall"}


def test_how_each_ended_is_told_and_the_first_failure_is_the_error(commands):
    ended = commands("up", "--yes", "--timeout", "1s", "--progress", "plain")
    assert ended.code == 4
    assert "shop: still waiting after 1 second" in ended.err
    assert "stall: error: deadline" in ended.err
    told = [line.split()[1] for line in ended.err.splitlines() if "created workload/" in line]
    assert told == ["shop", "stall"]


def test_a_document_has_an_item_each(commands):
    ended = commands("up", "--no-wait", "--yes", "-o", "json")
    assert ended.code == 0, ended
    found = ended.json()
    assert found["kind"] == "DeliveryList"
    assert [item["workload"] for item in found["items"]] == ["shop", "stall"]


def test_a_command_about_one_asks_which(commands):
    ended = commands("deliver", "--yes")
    assert ended.code == 2
    assert "shop, stall" in ended.err
    assert not commands.changed()


def followed(commands):
    """Whether the second one was submitted, and is looked at since."""
    last = max(
        (n for n, (method, path) in enumerate(commands.api.requests) if submits(method, path)), default=0
    )
    return last and any("watch=" in path or "/builds" in path for _, path in commands.api.requests[last:])


def submits(method, path):
    return method == "PATCH" and "/deliverables/stall" in path and "dryRun" not in path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_completes_the_records_of_all_that_it_began(commands, number):
    argv = ["up", "--yes", "--context", "memory", "--progress", "plain"]
    process = started(commands, argv)
    try:
        for _ in range(3000):
            if followed(commands) or process.poll() is not None:
                break
            time.sleep(0.02)
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, said.decode()
    for name in ("shop", "stall"):
        (found,) = commands("history", name, "--env", "apps-dev", "-o", "json").json()["environments"]
        (record,) = found["releases"]
        assert (record["action"], record["by"], record["result"]) == ("up", "jane", "unfinished")
        lease = commands.api.objects.get(
            commands.api.of("coordination.k8s.io/v1", "Lease"), "apps-dev", f"{name}-release"
        )
        assert not lease["spec"].get("holderIdentity")
