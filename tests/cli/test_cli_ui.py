"""``pkgops ui``: without its libraries, and the address of a named port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest
from shared_traces import TRACES
from typed_kit import WORKLOAD

from pkgops.cli import leave, page_token
from pkgops.errors import UsageError

WITHOUT = """
import sys
for name in ("starlette", "uvicorn"):
    sys.modules[name] = None
from pkgops.cli.main import main
sys.argv = ["pkgops", *{words!r}]
main()
"""


def without(*words):
    """Run a command on a machine that has not installed the extra."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT.format(words=words)], capture_output=True, text=True, timeout=60
    )


def test_without_its_libraries_ui_says_what_to_install():
    ended = without("ui", "--no-open")
    assert ended.returncode == 3
    assert ended.stderr.startswith("error: ui-missing\n")
    assert "next: pip install 'pkgops[ui]'" in ended.stderr


def test_a_report_needs_none_of_them(tmp_path):
    ended = without("report", str(TRACES / "second-run.jsonl.gz"), "-o", str(tmp_path / "run.html"))
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "run.html").read_text().startswith("<!doctype html>")


def test_a_named_port_keeps_its_token(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    token = page_token.of_port(8099)
    path = tmp_path / "pkgops" / "pages" / "8099"
    assert path.stat().st_mode & 0o777 == 0o600
    assert page_token.of_port(8099) == token
    assert page_token.of_port(8098) != token


@pytest.mark.parametrize("spoil", [lambda path: path.chmod(0o644), lambda path: path.write_text("short")])
def test_a_token_that_others_may_know_is_made_anew(tmp_path, monkeypatch, spoil):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    token = page_token.of_port(8099)
    path = tmp_path / "pkgops" / "pages" / "8099"
    spoil(path)
    assert page_token.of_port(8099) not in (token, "short")
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_address_that_cannot_be_kept_is_told(tmp_path, monkeypatch):
    (tmp_path / "pkgops").write_text("no folder")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="8099 cannot be stored"):
        page_token.of_port(8099)


@pytest.fixture
def cluster(tmp_path, memory_api):
    """A server with one workload, and the environment in which a command finds it."""
    memory_api.put(WORKLOAD)
    memory_api.namespaces("apps-dev", "apps-prod")
    environ = {
        **os.environ,
        "KUBECONFIG": str(memory_api.kubeconfig(tmp_path / "kubeconfig")),
        "HOME": str(tmp_path),
    }
    return memory_api, {name: value for name, value in environ.items() if name not in leave.SCREENS}


def served(cluster, folder, *words, **more):
    """Start the command; return its process and the address that it printed."""
    words = [sys.executable, "-c", "from pkgops.cli.main import main; main()", "ui", *words]
    process = subprocess.Popen(
        [*words, "--context", "memory"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**cluster[1], **more}, cwd=folder,
    )  # fmt: skip
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_is_how_it_ends(cluster, tmp_path, number):
    process, address = served(cluster, tmp_path, "--no-open")
    assert address.startswith("http://127.0.0.1:")
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0
    first, last = said.splitlines()
    assert first == "cluster: context memory"
    assert last.endswith("the page is no longer served; the cluster is not changed")


def test_a_port_that_is_taken_is_told(cluster, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        process, address = served(cluster, tmp_path, "--no-open", "--port", port)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, address) == (2, "")
    assert f"port {port} cannot be listened on" in said
    assert "Address already in use" in said
    assert "next: leave --port out" in said


def test_a_browser_that_cannot_be_opened_is_told(cluster, tmp_path):
    process, address = served(cluster, tmp_path, BROWSER="/bin/false %s", PATH=str(tmp_path))
    assert address
    lines = [process.stderr.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert lines[1].endswith("no browser could be opened; open the address yourself\n")


def test_credentials_that_ran_out_are_told(cluster, tmp_path):
    cluster[0].fail("GET", "/", 401, "Unauthorized", "the token has expired", times=1000)
    process, address = served(cluster, tmp_path, "--no-open")
    _, said = process.communicate(timeout=60)
    assert (process.returncode, address) == (3, "")
    assert "next:" in said
    assert "Traceback" not in said
