"""How long the shipped templates take to render.

usage: python benchmarks/ytt.py [--values FILE] [--set KEY=TEXT] [--program YTT] [PATH...]

Renders the templates that ship with pkgops (or the given files and folders) and prints, in one run, the
best and the median time in milliseconds: in this process with nothing cached, in this process again,
as ``pkgops ytt``, and with the ytt program where there is one.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from pkgops.ytt import DataValues, InputFile, loader, render
from pkgops.ytt.sources import Sources, Symlinks

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15


def measure(name: str, run: Callable[[], object], before: Callable[[], object] = lambda: None) -> None:
    """Print the best and the median time of several rounds."""
    times = []
    for _ in range(ROUNDS):
        before()
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1000)
    print(f"{name:32} best {min(times):8.1f} ms   median {statistics.median(times):8.1f} ms")


def forget() -> None:
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
        [("", InputFile(Path(options.values).name, Path(options.values).read_text()))]
        if options.values
        else []
    )
    strings = [(key, text) for key, _, text in (pair.partition("=") for pair in given_values)]
    values = DataValues(files=given, strings=strings)
    lines = sum(file.text().count("\n") for file in files)
    print(f"{len(files)} files, {lines} lines; output {len(render(files, values))} characters")
    measure("in this process, cold", lambda: render(files, values), forget)
    measure("in this process, cached", lambda: render(files, values))
    arguments = [part for path in options.paths for part in ("-f", path)]
    arguments += ["--data-values-file", options.values] if options.values else []
    arguments += [part for pair in given_values for part in ("-v", pair)]
    pkgops = [sys.executable, "-m", "pkgops"] if shutil.which("pkgops") is None else ["pkgops"]
    measure(
        "pkgops ytt", lambda: subprocess.run([*pkgops, "ytt", *arguments], check=True, capture_output=True)
    )
    if options.program:
        program = [options.program, *arguments]
        measure("the ytt program", lambda: subprocess.run(program, check=True, capture_output=True))
    else:
        print("the ytt program                  not installed")


if __name__ == "__main__":
    main()
