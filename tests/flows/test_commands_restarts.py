"""The API server is killed in the middle of a command: its end is the same, and nothing is left half done."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

import pytest
from api_fixtures import one_cluster
from memory_restarts import Restarts
from registry_fixtures import *  # noqa: F403
from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows.run.watch import RunWatch
from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.model import ObjectRef

NAME = "hello-go-web2pkg"
CARTO = "carto.run/v1alpha1"
GIT = {"url": "https://git.example.com/demo/hello-go.git"}
EVERY = 11
"""Of so many writes one is the last of its server; each moment has other ones."""
MOMENTS = [("answered", 1), ("after", 4), ("before", 7)]


@pytest.fixture
def commands(commands, registry):
    commands.configure(registry, git=GIT)
    return commands


def everything(commands):
    """All objects but the records of changes and releases, whose names differ from time to time."""
    found = {(served.kind, *key) for served, key, _ in commands.api.objects.everything()}
    return {one for one in found if "-change-" not in one[2] and "-release" not in one[2]}


def writes_of(commands, *words):
    """How many writes a command takes that nothing disturbs."""
    commands.api.restarts = Restarts()
    assert commands(*words).code == 0
    return commands.api.restarts.writes


@pytest.mark.parametrize(("moment", "first"), MOMENTS)
def test_what_up_applies_and_clean_deletes(commands, moment, first):
    applies = writes_of(commands, "up", "--yes", "--no-wait")
    made = everything(commands)
    deletes = writes_of(commands, "clean", "--yes")
    kept = everything(commands)
    for at in range(first, max(applies, deletes) + 1, EVERY):
        commands.api.restarts = Restarts(at, moment)
        ended = commands("up", "--yes", "--no-wait")
        assert ended.code == 0, (at, ended)
        assert everything(commands) == made, at
        commands.api.restarts = Restarts(at, moment)
        ended = commands("clean", "--yes")
        assert ended.code == 0, (at, ended)
        assert everything(commands) == kept, at


def test_a_deletion_of_what_the_server_denies_to_have_is_asked_for_again(commands):
    assert commands("up", "--yes", "--no-wait").code == 0
    for plural in ("workloads", "deliverables", "tasks"):
        commands.api.fail("DELETE", plural, 404, "NotFound", "the server could not find it", times=2)
    ended = commands("clean", "--yes", "--timeout", "20s")
    assert ended.code == 0, ended
    assert commands.names(CARTO, "Workload") == commands.names(CARTO, "Deliverable") == []
    assert commands.names("tekton.dev/v1", "Task") == []


def test_what_is_followed_goes_on_after_a_server_that_was_killed(commands):
    commands.play("second-run", 349)
    recording = recorded("second-run")
    client = Client(Transport(Endpoint(server=commands.api.url, name="memory", token=lambda: "admin")))
    now = recording.began + timedelta(seconds=349)
    with RunWatch(one_cluster(client), replay.scope_of(recording), now=lambda: now) as watch:
        watch.sync()
        served = commands.api.of(CARTO, "Deliverable")
        live = commands.api.objects.get(served, "apps-dev", "hello-go-from-pkg")
        with commands.api.objects.lock:
            commands.api.restarts.start_again()
            commands.api.objects.lose_watches()
            live["metadata"]["labels"] = {"seen": "yes"}
            commands.api.objects.write(served, live)
            commands.api.objects.forget_history()
        ref = ObjectRef.of(live)
        seen = (
            watch.known(ref)["metadata"].get("labels") == {"seen": "yes"} and not snapshot.unreadable
            for snapshot in islice(watch.snapshots(0.1), 300)
        )
        assert any(seen)
