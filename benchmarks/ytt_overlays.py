"""The CPU time of overlays that match by ``overlay.subset``.

usage: python benchmarks/ytt_overlays.py [--program YTT]

Renders 300 documents and 40 overlays, and prints the seconds of CPU that ``pkgops ytt`` takes (goal: 2.5);
with the ytt program also what it takes, and the ratio of the two.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCUMENTS, OVERLAYS, ROUNDS = 300, 40, 3


def write(folder: Path) -> list[str]:
    """Write the input to a folder, and return the arguments with its paths."""
    items = [{"k": number, "v": {"p": number, "q": [1, 2, 3]}} for number in range(20)]
    documents = [
        {
            "kind": f"K{number % 7}",
            "metadata": {"name": f"n{number}", "labels": {"a": "b"}},
            "spec": {"x": items},
        }
        for number in range(DOCUMENTS)
    ]
    (folder / "docs.yml").write_text("\n---\n".join(json.dumps(document) for document in documents))
    overlays = [
        f'#@overlay/match by=overlay.subset({{"kind": "K{number % 7}"}}),expects="0+"\n---\nmetadata:\n'
        f"  labels:\n    #@overlay/match missing_ok=True\n    l{number}: x\n"
        for number in range(OVERLAYS)
    ]
    (folder / "overlays.yml").write_text('#@ load("@ytt:overlay", "overlay")\n' + "".join(overlays))
    return ["-f", str(folder / "docs.yml"), "-f", str(folder / "overlays.yml")]


def seconds(command: list[str]) -> float:
    """Return the least seconds of CPU that a command takes."""
    return min(_once(command) for _ in range(ROUNDS))


def _once(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=shutil.which("ytt") or "")
    program = parser.parse_args().program
    with tempfile.TemporaryDirectory() as folder:
        arguments = write(Path(folder))
        own = seconds([sys.executable, "-c", "from pkgops.cli.main import main; main()", "ytt", *arguments])
        print(f"pkgops ytt       {own:6.2f} s of CPU")
        if program:
            real = seconds([program, *arguments])
            print(f"the ytt program  {real:6.2f} s of CPU   ratio {own / real:.1f}")


if __name__ == "__main__":
    main()
