"""Without the extra of the local cluster everything else works, and the machine check tells of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pkgops.local import machine_facts

WITHOUT = """
import sys
for name in {names!r}:
    sys.modules[name] = None
from pkgops.cli.main import main
sys.argv = ["pkgops", *{words!r}]
main()
"""


def run(*words):
    script = WITHOUT.format(names=machine_facts.LIBRARIES, words=words)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    "words", [("--help",), ("local", "--help"), ("config",), ("version",), ("up", "--help")]
)
def test_commands_start_without_the_libraries(words):
    done = run(*words)
    assert done.returncode == 0, done.stderr


def test_the_check_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    done = run("local", "check")
    assert done.returncode == 3
    assert "Python libraries are missing: cryptography, dulwich, pathspec, tomli_w" in done.stderr
    assert "pip install 'pkgops[local]'" in done.stderr
    assert "Traceback" not in done.stderr
