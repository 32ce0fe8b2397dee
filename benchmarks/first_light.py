"""Times of the main job: cluster start, push to response, promotion; and memory.

Run as root: ``python benchmarks/first_light.py [--cold]``. It uses an instance of its own, which it stops at
the end. ``--cold`` also compiles every program from an empty cache, one at a time (about ten minutes on two
cores). Every wait is bounded. A whole first start: ``first_start.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pkgops import local
from pkgops.local import binaries, golang
from pkgops.local.cluster import LocalCluster

INSTANCE = "pkgops-bench"
PROGRAM = Path(sys.executable).parent / "pkgops"
SAMPLE = Path(__file__).parents[1] / "examples" / "hello-go"
PATIENCE = 600.0
PUSHES = 3


def main() -> None:
    """Print every figure with its goal."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cold", action="store_true", help="also compile everything from an empty cache")
    arguments = parser.parse_args()
    os.environ["PKGOPS_INSTANCE"] = INSTANCE
    if arguments.cold:
        cold_build()
    try:
        measure()
    finally:
        local.down(INSTANCE)


def measure() -> None:
    """Print the figures of one warm cluster."""
    local.up(INSTANCE)
    local.down(INSTANCE, keep_data=True)
    row("local up, warm", timed(lambda: local.up(INSTANCE)), "10 s")
    row("local up, running", timed(lambda: local.up(INSTANCE)), "1 s")
    cluster = local.up(INSTANCE)
    row("pkgops up, first commit", timed(lambda: run("up", "--progress", "plain")))
    request = request_to("apps-dev")
    for index in range(PUSHES):
        greeting = f"Hello number {index}"
        push(cluster, greeting)
        row(
            f"push to answer in apps-dev ({index + 1})",
            timed(partial(wait_for_greeting, request, greeting)),
            "20 s",
        )
    row("promote to answer in apps-prod", timed(lambda: run("promote", "--to", "apps-prod")), "5 s")
    memory()


def cold_build() -> None:
    """Print how long each program takes to compile from an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("XDG_CACHE_HOME")
        os.environ["XDG_CACHE_HOME"] = folder
        binaries.ensure(golang.fetch(), compiled)
        if before is None:
            del os.environ["XDG_CACHE_HOME"]
        else:
            os.environ["XDG_CACHE_HOME"] = before


def compiled(event: local.PartEvent) -> None:
    """Print one program that is ready."""
    if event.state == "ready":
        row(f"cold build of {event.part}", event.seconds)


def memory() -> None:
    """Print the resident memory of the platform and of the whole cluster."""
    parts = {part.name: part.memory for part in local.status(INSTANCE).parts}
    size("memory of the local platform", parts.get("platform", 0), "150 MB")
    for name, used in parts.items():
        size(f"memory of {name}", used)
    size("memory of the cluster", sum(parts.values()))


def push(cluster: LocalCluster, greeting: str) -> None:
    """Push a commit with another greeting to the Git server, as `git push` does."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "hello-go"
        copy.mkdir()
        for file in SAMPLE.iterdir():
            (copy / file.name).write_text(file.read_text().replace("Hello, ", f"{greeting}, "))
        local.push_snapshot(copy, "hello-go", cluster=cluster)


def request_to(environment: str) -> urllib.request.Request:
    """Return the request to the application of an environment."""
    found = json.loads(run("status", "-o", "json"))["workloads"][0]["environments"]
    url = next(one["url"] for one in found if one["name"] == environment)
    # Names below localhost are this machine by convention, which not every resolver supports.
    host = url.removeprefix("http://")
    return urllib.request.Request(f"http://127.0.0.1:{host.rpartition(':')[2]}", headers={"Host": host})


def wait_for_greeting(request: urllib.request.Request, greeting: str) -> None:
    """Wait until the application responds with a greeting."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                if answer.read().decode().startswith(greeting):
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise SystemExit(f"{request.get_header('Host')} never said {greeting}")


def run(*words: str) -> str:
    """Run pkgops and return its output; exit if it fails."""
    done = subprocess.run(
        [str(PROGRAM), *words], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    if done.returncode:
        raise SystemExit(f"pkgops {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    begun = time.monotonic()
    work()
    return time.monotonic() - begun


def row(what: str, seconds: float, goal: str = "") -> None:
    """Print one duration."""
    print(f"{what:40} {seconds:8.1f} s{'   goal ' + goal if goal else ''}", flush=True)


def size(what: str, used: int, goal: str = "") -> None:
    """Print one amount of memory."""
    print(f"{what:40} {used / 1_000_000:8.0f} MB{'  goal ' + goal if goal else ''}", flush=True)


if __name__ == "__main__":
    main()
