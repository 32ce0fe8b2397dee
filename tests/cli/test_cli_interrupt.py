"""Ctrl-C and SIGTERM while an API server does not answer: exit 130, the target named, no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

PROGRAM = "from pkgops.cli.main import main; main()"


@pytest.fixture
def silent(tmp_path):
    """A kubeconfig for a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = f"http://127.0.0.1:{listener.getsockname()[1]}"
        document = {
            "clusters": [{"name": "silent", "cluster": {"server": server}}],
            "contexts": [{"name": "silent", "context": {"cluster": "silent", "user": "nobody"}}],
            "users": [{"name": "nobody", "user": {"token": "t"}}],
        }
        path = tmp_path / "kubeconfig"
        path.write_text(json.dumps(document))
        yield listener, {**os.environ, "KUBECONFIG": str(path), "HOME": str(tmp_path)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", ["text", "json"])
def test_an_interrupted_command(silent, number, form, tmp_path):
    listener, environ = silent
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "status", "--context", "silent", "-o", form],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ, cwd=tmp_path,
    )  # fmt: skip
    # The target is named before the cluster has said anything.
    assert process.stderr.readline() == "cluster: context silent\n"
    connection, _ = listener.accept()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    connection.close()
    assert process.returncode == 130
    assert "Traceback" not in said
    if form == "json":
        assert json.loads(said)["slug"] == "interrupted"
    else:
        assert said.startswith("error: interrupted\n")
        assert "next:" in said


IN_A_CALLBACK = """
import os, signal, sys, time
from pkgops.cli import boundary

class Interrupted:
    def __del__(self):
        os.kill(os.getpid(), signal.{name})

def action():
    Interrupted()
    time.sleep(60)
    return 0

sys.exit(boundary.guard(action, []))
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_an_interrupt_inside_of_a_callback_is_not_lost(name):
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CALLBACK.format(name=name)],
        capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    assert done.returncode == 130
    assert done.stderr.startswith("error: interrupted\n")
