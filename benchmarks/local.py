"""Print how long the local cluster takes to start, and how much memory its parts hold.

    python benchmarks/local.py [--cold]

An instance of its own is started and taken down. ``--cold`` compiles every program again, each with an
empty compiler's cache, which takes about ten minutes on two cores; without it the cache is used as it is.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable

from pkgops import local
from pkgops.local import binaries, golang
from pkgops.local.events import PartEvent

NAME = "pkgops-bench"


def timed(what: str, goal: str, run: Callable[[], object]) -> None:
    """Run something and print its time."""
    begun = time.monotonic()
    run()
    print(f"{what:40} {time.monotonic() - begun:8.1f} s   {goal}", flush=True)


def cold() -> None:
    """Compile everything into a folder that is thrown away, and print the time of each program."""
    go = golang.fetch()
    before = os.environ.get("XDG_CACHE_HOME")
    with tempfile.TemporaryDirectory(prefix="pkgops-bench-") as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        try:
            binaries.ensure(go, _built)
        finally:
            os.environ.pop("XDG_CACHE_HOME")
            if before is not None:
                os.environ["XDG_CACHE_HOME"] = before


def _built(event: PartEvent) -> None:
    if event.state == "ready":
        print(f"{'compile ' + event.part:40} {event.seconds:8.1f} s   {event.detail}", flush=True)


def memory() -> None:
    """Print the memory that each part holds."""
    rows = local.status(NAME).parts
    for part in rows:
        goal = "goal 150 MB" if part.name == "platform" else ""
        print(f"{'memory ' + part.name:40} {part.memory / 1e6:8.0f} MB  {goal}")
    print(f"{'memory of the cluster':40} {sum(part.memory for part in rows) / 1e6:8.0f} MB")


def main() -> None:
    """Run all measurements."""
    if "--cold" in sys.argv:
        cold()
    local.down(NAME)
    try:
        timed("local up, programs and images cached", "goal 10 s", lambda: local.up(NAME))
        timed("local up, running", "goal 1 s", lambda: local.up(NAME))
        local.down(NAME, keep_data=True)
        timed("local up, stopped, data kept", "goal 10 s", lambda: local.up(NAME))
        memory()
    finally:
        timed("local down", "", lambda: local.down(NAME))


if __name__ == "__main__":
    main()
