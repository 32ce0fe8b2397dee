"""A promotion killed while it verifies: what came stays recorded, and the next command says what is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from registry_fixtures import *  # noqa: F403
from verify_kit import DEV, NAME, application, eventually, results, settle, task, tekton

from pkgops.flows.promotion import leases

SPACE = "apps-dev"


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


def test_the_change_is_recorded_and_its_verification_tells_nothing(commands):
    argv = ["promote", "--to", "prod", "--verify", "--yes", "--context", "memory"]
    with application(commands, SPACE), taken_up(commands), tekton(commands) as runs:
        path = commands.api.kubeconfig(commands.folder / "killed.kubeconfig", user="jane")
        process = subprocess.Popen(
            [sys.executable, "-c", f"from pkgops.cli.main import main; main({argv!r})"],
            env={**os.environ, "KUBECONFIG": str(path)},
            cwd=commands.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually(lambda: runs or process.poll() is not None)
        finally:
            process.send_signal(signal.SIGKILL)
            said, _ = process.communicate()
        assert runs, said.decode()
        verified = [one["outcome"] for one in results(commands, SPACE)]
        assert verified == ["running"]
        (left,) = past(commands)
        assert (left["action"], left["result"], left["after"]["version"]) == ("promote", "succeeded", DEV)

        # The term of a holder that is gone is 60 s.
        lease = commands.api.of("coordination.k8s.io/v1", "Lease")
        commands.api.objects.drop(lease, (SPACE, f"{NAME}-release"), orphan=True)
        after = commands("promote", "--to", "prod", "--yes", "--progress", "plain", user="ann")
    assert after.code == 0, after
    told = f"the verification of {DEV} begun by jane ended without a word: it tells nothing"
    assert told in after.err
    assert [one["outcome"] for one in results(commands, SPACE)] == ["unknown"]
    own, known = past(commands)
    assert known == left
    assert (own["by"], own["result"]) == ("ann", "succeeded")
