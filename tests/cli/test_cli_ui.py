"""``pkgops ui``: without its libraries, and the address of a named port."""

from __future__ import annotations

import subprocess
import sys

import pytest
from shared_traces import TRACES

from pkgops.cli import page_token
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
    with pytest.raises(UsageError, match="8099 cannot be kept"):
        page_token.of_port(8099)
