"""A promotion killed while it verifies: what came stays recorded, and the next command says what is left."""

from __future__ import annotations

import json
import signal
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from killed_kit import Held, killed, started
from package_versions import pushed
from registry_fixtures import *  # noqa: F403
from verify_kit import DEV, NAME, PROD, application, eventually, results, settle, task, tekton

from pkgops.flows.promotion import leases
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release, Result

SPACE = "apps-dev"
NOW = datetime.now(UTC)
EARLIER = Record(
    name="earlier",
    workload=f"default/{NAME}",
    environment="prod",
    action=Action.PROMOTE,
    by="jane",
    planned=NOW - timedelta(hours=1),
    before=Release(),
    after=Release(version=PROD, pinned=PROD, healthy=True),
    result=Result.SUCCEEDED,
    completed=NOW - timedelta(hours=1),
)


@contextmanager
def taken_up(commands):
    """Cartographer as far as it is needed: it has seen each Deliverable as it is."""
    served, over = commands.api.of("carto.run/v1alpha1", "Deliverable"), threading.Event()

    def look():
        while not over.wait(0.02):
            for one in commands.api.objects.all(served):
                generation = one["metadata"].get("generation")
                if one["status"].get("observedGeneration") != generation:
                    commands.api.put({**one, "status": {**one["status"], "observedGeneration": generation}})

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.fixture
def commands(commands, registry, monkeypatch):
    commands.configure(registry)
    settle(commands)
    commands.api.put(task("smoke"))
    # Both are one namespace, so that what is promoted is there at once.
    environments = [{"name": "dev", "namespace": SPACE}, {"name": "prod", "namespace": SPACE}]
    environments[1] |= {"verify": [{"task": "smoke"}], "onFailure": "rollback"}
    pushed(registry, commands.folder, PROD, {"delivery.yml": ""}, folder="demo", name=NAME)
    commands.api.put(release.config_map(EARLIER, SPACE))
    file = commands.folder / "pkgops.yaml"
    settings = json.loads(file.read_text())
    settings |= {
        "pkgops": {"environments": environments},
        "git": {"url": "https://git.example.com/hello.git"},
    }
    file.write_text(json.dumps(settings))
    monkeypatch.setattr(leases, "OBSERVED", 0.0)
    return commands


def past(commands):
    (found,) = commands("history", "--env", "prod", "-o", "json").json()["environments"]
    return found["releases"]


def free(commands):
    """Take away the Lease of a holder that is gone, which it loses after 60 s."""
    lease = commands.api.of("coordination.k8s.io/v1", "Lease")
    commands.api.objects.drop(lease, (SPACE, f"{NAME}-release"), orphan=True)


def test_the_change_is_recorded_and_its_verification_tells_nothing(commands):
    argv = ["promote", "--to", "prod", "--verify", "--yes", "--context", "memory"]
    with application(commands, SPACE), taken_up(commands), tekton(commands) as runs:
        process = started(commands, argv)
        try:
            eventually(lambda: runs or process.poll() is not None)
        finally:
            process.send_signal(signal.SIGKILL)
            said, _ = process.communicate()
        assert runs, said.decode()
        verified = [one["outcome"] for one in results(commands, SPACE)]
        assert verified == ["running"]
        left, _ = past(commands)
        assert (left["action"], left["result"], left["after"]["version"]) == ("promote", "succeeded", DEV)

        free(commands)
        after = commands("promote", "--to", "prod", "--yes", "--progress", "plain", user="ann")
    assert after.code == 0, after
    told = f"the verification of {DEV} by jane was not completed: its result is unknown"
    assert told in after.err
    assert [one["outcome"] for one in results(commands, SPACE)] == ["unknown"]
    own, known, _ = past(commands)
    assert known == left
    assert (own["by"], own["result"]) == ("ann", "succeeded")


def test_a_rollback_that_a_failed_verification_began_is_named_and_completed(commands):
    rolling_back = Held(commands.api, "/deliverables/", "GET", "packageinstalls", nth=2, change=2)
    with application(commands, SPACE), taken_up(commands), tekton(commands, smoke="Failed"):
        killed(commands, ("promote", "--to", "prod", "--verify"), rolling_back)
        assert [one["outcome"] for one in results(commands, SPACE)] == ["failed"]
        left, came, _ = past(commands)
        assert (came["action"], came["result"], came["after"]["version"]) == ("promote", "succeeded", DEV)
        assert (left["action"], left["result"], left["after"]["version"]) == ("rollback", "planned", PROD)

        free(commands)
        after = commands("promote", "--to", "prod", "--yes", "--progress", "plain", user="ann")
    told = f"rollback of {PROD} to prod, begun by jane: the command ended without completing it"
    assert told in after.err
    completed = next(one for one in past(commands) if one["record"] == left["record"])
    assert (completed["result"], completed["by"]) == ("unfinished", "jane")
    assert f"by a later one, {DEV} runs" in completed["message"]
