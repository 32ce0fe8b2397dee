"""From a save to its answer under ``pkgops dev``, for Go: where each second goes.

Run as root: ``python benchmarks/dev.py [--saves N]``. It uses the instance of PKGOPS_INSTANCE, else one of
its own, and takes down at the end what it started. The sample application is copied, its greeting is
changed, and each save is followed by the events of ``--progress json``: when the save was told, when it was
a commit, when each stage was done for it, when it answered. Goal: 12 s with warm caches, on 2 cores. Below
the figures of the last save are the times of its containers, as ``pkgops timeline`` tells them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from pkgops import local

INSTANCE = "pkgops-bench"
PROGRAM = Path(sys.executable).parent / "pkgops"
SAMPLE = Path(__file__).parents[1] / "examples" / "hello-go"
PATIENCE = 600.0
SAVES = 3
GOAL = 12.0

Event = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One part of the way from a save to its answer, and when it ended."""

    what: str
    ended: datetime


def main() -> None:
    """Print the parts of each save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--saves", type=int, default=SAVES)
    arguments = parser.parse_args()
    os.environ.setdefault("PKGOPS_INSTANCE", INSTANCE)
    ran_before = local.find() is not None
    local.up()
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(shutil.copytree(SAMPLE, Path(scratch) / "measured"))
            measure(folder, arguments.saves)
    finally:
        subprocess.run([str(PROGRAM), "clean", "--yes"], check=False, timeout=PATIENCE)
        if not ran_before:
            local.down()


def measure(folder: Path, saves: int) -> None:
    """Follow a folder and save it some times."""
    process = subprocess.Popen(
        [str(PROGRAM), "dev", str(folder), "--progress", "json"], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    try:
        read(process.stderr)
        greeting = "Hello"
        for index in range(saves):
            before, greeting = greeting, f"Hello number {index}"
            saved = datetime.now(UTC)
            for name in ("main.go", "main_test.go"):
                file = folder / name
                file.write_text(file.read_text().replace(f"{before}, ", f"{greeting}, "))
            print(f"save {index + 1}")
            for line in rows(parts(read(process.stderr)), saved):
                print(line)
        print(run("timeline", "measured"))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)


def read(stream: IO[str]) -> list[Event]:
    """Return the events up to the next answer."""
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
    """Return the parts of a save that these events tell, in the order in which they ended.

    A stage has ended for this save when it is done and carries nothing older any more.
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


def rows(found: Iterable[Part], saved: datetime) -> Iterator[str]:
    """Return a line a part, with its own seconds and those since the save."""
    before = saved
    for part in found:
        own, whole = (part.ended - before).total_seconds(), (part.ended - saved).total_seconds()
        before = part.ended
        yield f"  {part.what:44} {own:7.1f} s {whole:7.1f} s"
    whole = (before - saved).total_seconds()
    yield f"  {'save to answer':44} {whole:7.1f} s   goal {GOAL:.0f} s"


def run(*words: str) -> str:
    """Run pkgops and return what it printed."""
    done = subprocess.run(
        [str(PROGRAM), *words], capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    return done.stdout or done.stderr


if __name__ == "__main__":
    main()
