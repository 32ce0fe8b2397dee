"""How long the shipped templates take to render.

usage: python benchmarks/ytt.py [--values FILE] [--set KEY=TEXT] [--program YTT] [PATH...]

Renders the templates that ship with pkgops (or the given files and folders) and prints, in one run, the
best and the median time in milliseconds: in this process with nothing cached, in this process again,
as ``pkgops ytt``, and with the ytt program where there is one. The column "busy" is the median of the CPU
time, which other load on the machine changes less than the elapsed time. Python caches its compiled
modules, as for an installed pkgops, also where the environment disables it.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from pkgops.ytt import DataValues, InputFile, loader, render
from pkgops.ytt.sources import Sources, Symlinks

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15


def measure(name: str, run: Callable[[], object], before: Callable[[], object] = lambda: None) -> None:
    """Print the best and the median time of several rounds."""
    times, busy = [], []
    for _ in range(ROUNDS):
        before()
        start, worked = time.perf_counter(), _processor_time()
        run()
        times.append((time.perf_counter() - start) * 1000)
        busy.append((_processor_time() - worked) * 1000)
    best, median, work = min(times), statistics.median(times), statistics.median(busy)
    print(f"{name:32} best {best:8.1f} ms   median {median:8.1f} ms   busy {work:8.1f} ms")


def _processor_time() -> float:
    """Return the CPU seconds of this process and its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def compiled(command: list[str], folder: str) -> Callable[[], object]:
    """Return a function that runs a command with a folder for compiled modules."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    run = partial(subprocess.run, command, check=True, capture_output=True, env=environment)
    run()
    return run


def clear_caches() -> None:
    """Empty the caches of files that were read and compiled."""
    loader._read.cache_clear()
    loader._compile.cache_clear()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", default=[str(ROOT / "templates")])
    parser.add_argument("--values")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=TEXT")
    parser.add_argument("--program", default=shutil.which("ytt") or "")
    options = parser.parse_args()
    given_values = options.set or (
        [] if options.values else ["registry.tagPrefix=registry.example.com/demo/"]
    )
    files = Sources(Symlinks()).files(options.paths)
    given = (
        [("", InputFile(path=Path(options.values).name, content=Path(options.values).read_text()))]
        if options.values
        else []
    )
    strings = [(key, text) for key, _, text in (pair.partition("=") for pair in given_values)]
    values = DataValues(files=given, strings=strings)
    lines = sum(file.text().count("\n") for file in files)
    print(f"{len(files)} files, {lines} lines; output {len(render(files, values))} characters")
    measure("in this process, cold", lambda: render(files, values), clear_caches)
    measure("in this process, cached", lambda: render(files, values))
    arguments = [part for path in options.paths for part in ("-f", path)]
    arguments += ["--data-values-file", options.values] if options.values else []
    arguments += [part for pair in given_values for part in ("-v", pair)]
    pkgops = ["pkgops"]
    if shutil.which("pkgops") is None:
        pkgops = [sys.executable, "-c", "from pkgops.cli.main import main; main()"]
    with tempfile.TemporaryDirectory() as folder:
        measure("python alone", compiled([sys.executable, "-c", "pass"], folder))
        measure("pkgops ytt", compiled([*pkgops, "ytt", *arguments], folder))
    if options.program:
        program = [options.program, *arguments]
        measure("the ytt program", lambda: subprocess.run(program, check=True, capture_output=True))
    else:
        print("the ytt program                  not installed")


if __name__ == "__main__":
    main()
