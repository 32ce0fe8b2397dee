"""What a person does at a terminal: commands, commits, and what kubectl shows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster

PROGRAM = Path(sys.executable).parent / "pkgops"
SAMPLE = Path(__file__).parents[2] / "examples" / "hello-go"
# Longer than anything takes on a busy machine: a test that waits this long has failed.
PATIENCE = 420.0


@dataclass(frozen=True)
class Ran:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"exit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def pkgops(*words: str, cwd: Path | None = None) -> Ran:
    """Run a command as it is run off a terminal."""
    done = subprocess.run(
        [str(PROGRAM), *words], capture_output=True, text=True, timeout=2 * PATIENCE, check=False, cwd=cwd
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def brought(
    client: Client,
    folder: Path,
    values: dict[str, Any],
    templates: Sequence[Path],
    namespace: str,
    *more: str,
) -> Iterator[tuple[tuple[str, ...], Ran]]:
    """Bring templates up in a namespace of their own; yield the words of commands for them, and what up said.

    ``folder`` gets the configuration with these ``values``, ``up`` the words ``more``. Everything is
    deleted at the end.
    """
    config = folder / "config.yaml"
    config.write_text(json.dumps(values))
    given = [word for one in templates for word in ("--templates", str(one))]
    words = ("-f", str(config), *given, "-n", namespace)
    yield words, pkgops("up", *words, "--create-namespace", "--progress", "plain", *more)
    cleaned = pkgops("clean", "--yes", "-n", namespace)
    client.delete("v1", "Namespace", namespace)
    assert cleaned.code == 0, cleaned


def start(*words: str) -> subprocess.Popen[bytes]:
    """Start a command and leave it running."""
    return subprocess.Popen(
        [str(PROGRAM), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def eventually(question: Callable[[], Any], what: str) -> Any:
    """Ask until the answer is true and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := question()):
        assert time.monotonic() < deadline, f"still not: {what}"
        time.sleep(0.5)
    return answer


@dataclass(frozen=True)
class Source:
    """A clone of the sample application, as a developer has it."""

    folder: Path
    url: str

    @classmethod
    def clone(cls, cluster: LocalCluster, folder: Path) -> Source:
        source = cls(folder, cluster.git_url("hello-go"))
        _git("clone", "--quiet", source.url, str(folder))
        return source

    def greet(self, greeting: str, *, tested: bool = True) -> str:
        """Change the greeting, in the test too unless it shall fail; push; return the commit."""
        _git("pull", "--quiet", cwd=self.folder)
        for name in ("main.go", "main_test.go") if tested else ("main.go",):
            file = self.folder / name
            text = file.read_text()
            old = (self.folder / "GREETING").read_text() if (self.folder / "GREETING").exists() else "Hello"
            file.write_text(text.replace(f"{old}, ", f"{greeting}, "))
        if tested:
            (self.folder / "GREETING").write_text(greeting)
        _git("add", "--all", cwd=self.folder)
        # An instance that is kept may have the greeting of an earlier run.
        _git("commit", "--quiet", "--allow-empty", "--message", f"Say {greeting}", cwd=self.folder)
        return self.push()

    def revert(self) -> str:
        _git("revert", "--no-edit", "HEAD", cwd=self.folder)
        return self.push()

    def push(self) -> str:
        _git("push", "--quiet", self.url, "HEAD:main", cwd=self.folder)
        return _git("rev-parse", "HEAD", cwd=self.folder).strip()


def _git(*words: str, cwd: Path | None = None) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    done = subprocess.run(["git", *identity, *words], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, f"git {' '.join(words)}: {done.stderr}"
    return done.stdout


def environment(name: str) -> dict[str, Any]:
    """Return what `status` says of one environment; empty while it says nothing of it."""
    ran = pkgops("status", "-o", "json")
    assert ran.code == 0, ran
    entries = [entry for workload in ran.json()["workloads"] for entry in workload["environments"]]
    return next((dict(entry) for entry in entries if entry["name"] == name), {})


def revision_in(name: str) -> str:
    """Return the commit that an environment runs, once it is healthy; else nothing."""
    found = environment(name)
    if not found or found["stale"] or found["verdict"] != "ready":
        return ""
    return str(found["revision"]).rpartition(":")[2]
