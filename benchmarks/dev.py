"""The time from a save to its response under ``pkgops dev``, by stage and container.

Run as root: ``python benchmarks/dev.py [--saves N] [--language golang|python|nodejs]``. It uses the
instance of PKGOPS_INSTANCE, else one of its own, and stops at the end what it started. The sample application
of the language is copied, its greeting is changed, and each save is measured by the events of ``--progress
json``: when the save was reported, when it was a commit, when each stage was done for it, when the
application responded. Below them are the containers of its
pods: how long each waited to start, ran, and waited until its end was in the API (the kubelet polls the
runtime once a second). Goals: 12 s for Go, 15 s for Python and Node.js, with warm caches, on 2 cores. The
last line is the median, with the load of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pkgops import local
from pkgops.kube import connect

sys.path.insert(0, str(Path(__file__).parent))
from dev_pods import Pods, total
from dev_pods import rows as rows_of_pods
from dev_runtime import Runtime

INSTANCE = "pkgops-bench"
PROGRAM = Path(sys.executable).parent / "pkgops"
EXAMPLES = Path(__file__).parents[1] / "examples"
PATIENCE = 600.0
SAVES = 5

Event = dict[str, Any]


@dataclass(frozen=True)
class Sample:
    """An application that is saved: its folder, the files with its greeting, the goal in seconds."""

    folder: str
    files: tuple[str, ...]
    goal: float


SAMPLES = {
    "golang": Sample("hello-go", ("main.go", "main_test.go"), 12.0),
    "python": Sample("hello-python", ("app.py", "test_app.py"), 15.0),
    "nodejs": Sample("hello-nodejs", ("greeting.js", "greeting.test.js"), 15.0),
}


@dataclass(frozen=True)
class Part:
    """One part of the time from a save to its response, and when it ended."""

    what: str
    ended: datetime


def main() -> None:
    """Print the parts of each save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--saves", type=int, default=SAVES)
    parser.add_argument("--language", choices=SAMPLES, default="golang")
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    os.environ.setdefault("PKGOPS_INSTANCE", INSTANCE)
    ran_before = local.find() is not None
    cluster = local.up()
    try:
        with (
            tempfile.TemporaryDirectory() as scratch,
            Pods(connect(cluster.kubeconfig), lambda: datetime.now(UTC)) as pods,
            Runtime(cluster.kubeconfig.parent / "run" / "containerd.sock") as runtime,
        ):
            sample = SAMPLES[arguments.language]
            folder = Path(shutil.copytree(EXAMPLES / sample.folder, Path(scratch) / "measured"))
            measure(folder, sample, arguments.saves, pods, runtime)
    finally:
        subprocess.run([str(PROGRAM), "clean", "--yes"], check=False, timeout=PATIENCE)
        if not ran_before:
            local.down()


def measure(folder: Path, sample: Sample, saves: int, pods: Pods, runtime: Runtime) -> None:
    """Run ``pkgops dev`` on a folder, save it several times and print the parts of each."""
    process = subprocess.Popen(
        [str(PROGRAM), "dev", str(folder), "--progress", "json"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    taken: list[float] = []
    loads: list[float] = []
    try:
        read(process.stderr)
        greeting = "Hello"
        for index in range(saves):
            before, greeting = greeting, f"Hello number {index}"
            saved = datetime.now(UTC)
            for name in sample.files:
                file = folder / name
                file.write_text(file.read_text().replace(f"{before}, ", f"{greeting}, "))
            print(f"save {index + 1}")
            found = list(parts(read(process.stderr)))
            taken.append((found[-1].ended - saved).total_seconds())
            seen = pods.since(saved)
            for line in (
                *rows(found, saved, sample.goal),
                *rows_of_pods(seen, runtime.runs, saved),
                total(seen, runtime.runs, taken[-1]),
            ):
                print(line)
            loads.append(os.getloadavg()[0])
        print(summary(taken, loads, sample.goal))
    finally:
        # SIGTERM, not SIGINT: what a shell starts in the background ignores SIGINT.
        process.terminate()
        process.wait(PATIENCE)


def read(stream: IO[str]) -> list[Event]:
    """Return the events up to the next response of the application."""
    found: list[Event] = []
    deadline = time.monotonic() + PATIENCE
    for line in stream:
        found.append(json.loads(line))
        if found[-1]["type"] == "done":
            return found
        if found[-1]["type"] == "failed" or time.monotonic() > deadline:
            break
    raise SystemExit(f"no answer came:\n{json.dumps(found[-1:], indent=1)}")


def parts(events: Iterable[Event]) -> Iterator[Part]:
    """Yield the parts of a save, computed from its events, in the order in which they ended.

    A stage has ended for this save when it is done and its output is not of an older commit.
    """
    seen: set[tuple[str, str]] = set()
    for event in events:
        at, key = datetime.fromisoformat(event["time"]), (event["part"], event["stage"])
        if event["type"] == "note" and event["message"].startswith("saved: "):
            yield Part("gathered and told", at)
        elif event["type"] == "note" and event["data"].get("commit"):
            yield Part("a commit on the Git server", at)
        elif event["type"] == "stage" and event["state"] == "done" and not event["data"].get("still"):
            if key not in seen:
                seen.add(key)
                yield Part(f"{event['part']}: {event['data']['title']}", at)
        elif event["type"] == "done":
            yield Part("asked, and answered", at)


def rows(found: Iterable[Part], saved: datetime, goal: float) -> Iterator[str]:
    """Yield a line for each part, with its own seconds and those since the save."""
    before = saved
    for part in found:
        own, whole = (part.ended - before).total_seconds(), (part.ended - saved).total_seconds()
        before = part.ended
        yield f"  {part.what:44} {own:7.1f} s {whole:7.1f} s"
    whole = (before - saved).total_seconds()
    yield f"  {'save to answer':44} {whole:7.1f} s   goal {goal:.0f} s"


def summary(taken: Sequence[float], loads: Sequence[float], goal: float) -> str:
    """Return the median of some saves in a line, with the load of the machine."""
    middle, cores = statistics.median(taken), os.cpu_count()
    return (
        f"{len(taken)} saves: median {middle:.1f} s ({min(taken):.1f}-{max(taken):.1f}), goal {goal:.0f} s; "
        f"load {min(loads):.1f} to {max(loads):.1f} on {cores} cores"
    )


if __name__ == "__main__":
    main()
