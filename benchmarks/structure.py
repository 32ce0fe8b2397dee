"""Sizes of modules and functions, ratio of tests to code, packages called for a commit, start-up times.

usage: python benchmarks/structure.py [--rounds N] [REVISION...]

A column for each revision of this repository (``git archive``, in a temporary folder), and one for the
working tree. Start-up times are the best of several rounds with this interpreter, the trees in turn, so that
other load on the machine affects all of them; compare the columns, not the figures with those of another run.
"""

from __future__ import annotations

import argparse
import ast
import io
import math
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "pkgops"
LONG = 250
"""Modules with more lines should be split."""
STARTS = {
    "pkgops --help": ["-m", "pkgops.cli.main", "--help"],
    "import of the reading commands": ["-c", "import pkgops.flows.status, pkgops.pipeline, pkgops.kube"],
    "pkgops ytt": ["-c", "from pkgops.cli.main import main; main(['ytt', '-f', {file!r}])"],
}


@dataclass(frozen=True)
class Sizes:
    """Numbers of lines: of each module, and of each function, nested ones too."""

    modules: tuple[int, ...]
    functions: tuple[int, ...]


def sizes(package: Path) -> Sizes:
    """Read all modules of a package."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))]
    functions = [lines for text in texts for lines in _functions(ast.parse(text))]
    return Sizes(tuple(len(text.splitlines()) for text in texts), tuple(functions))


def _functions(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def percentile(values: Sequence[int], share: float) -> int:
    """Return the smallest value that at least this share of the values do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * share), 1) - 1]


def tests_to_code(root: Path) -> dict[str, float]:
    """Return the lines of test for each line of code, by package (both folders have its name)."""
    ratios = {}
    for package in sorted(path for path in (root / PACKAGE).iterdir() if (path / "__init__.py").is_file()):
        code = sum(sizes(package).modules)
        tests = sum(sizes(root / "tests" / package.name).modules)
        ratios[package.name] = tests / code
    ratios["all"] = sum(sizes(root / "tests").modules) / sum(sizes(root / PACKAGE).modules)
    return ratios


def figures(root: Path) -> dict[str, str]:
    """Return all figures of a tree but its times, in the order of the table."""
    found = sizes(root / PACKAGE)
    rows = {"modules": str(len(found.modules)), f"modules above {LONG} lines": str(_above(found.modules))}
    rows |= {"lines": str(sum(found.modules)), "functions": str(len(found.functions))}
    for name, values in (("module", found.modules), ("function", found.functions)):
        rows[f"lines of a {name}: median"] = f"{statistics.median(values):g}"
        rows[f"lines of a {name}: p95"] = str(percentile(values, 0.95))
    return rows | {f"test to code: {name}": f"{ratio:.2f}" for name, ratio in tests_to_code(root).items()}


def _above(lines: Sequence[int]) -> int:
    return sum(count > LONG for count in lines)


def passed(tree: Path) -> dict[str, str]:
    """Return the counts of ``rooms.py`` for a tree; empty where it fails."""
    program = Path(__file__).with_name("rooms.py")
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    ended = subprocess.run(
        [sys.executable, str(program)], cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    counts = dict(line.split(": ", 1) for line in ended.stdout.splitlines() if ": " in line)
    rooms, ups = counts.get("rooms", ""), counts.get("ways up", "")
    # A command that fails before it shows anything calls none of the packages of a commit.
    if ended.returncode or "readiness" not in rooms:
        return {}
    return {"rooms passed by a commit": rooms.partition(":")[0], "ways up of a commit": ups}


def unpack(revision: str, folder: Path) -> Path:
    """Write the tree of a revision into a folder."""
    packed = subprocess.run(["git", "archive", revision], cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def starts(trees: Sequence[Path], rounds: int, folder: Path) -> dict[str, list[float]]:
    """Return the best time of each start in seconds, for each tree; infinite where it fails."""
    file = folder / "plain.yaml"
    file.write_text("#@ value = 1\na: #@ value\n")
    best = {name: [float("inf")] * len(trees) for name in STARTS}
    for _ in range(rounds + 1):  # the first round compiles the modules
        for name, arguments in STARTS.items():
            argv = [sys.executable, *(text.replace("{file!r}", repr(str(file))) for text in arguments)]
            for place, tree in enumerate(trees):
                best[name][place] = min(best[name][place], _seconds(argv, tree, folder / f"cache{place}"))
    return best


def _seconds(argv: list[str], tree: Path, cache: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONPYCACHEPREFIX": str(cache)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    start = time.perf_counter()
    ended = subprocess.run(argv, cwd=tree, env=environment, capture_output=True, check=False)
    return time.perf_counter() - start if ended.returncode == 0 else float("inf")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("revisions", nargs="*", metavar="REVISION")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of start-up times; 0 measures none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trees = [unpack(one, folder / f"tree{place}") for place, one in enumerate(given.revisions)] + [ROOT]
        columns = [figures(tree) | passed(tree) for tree in trees]
        if given.rounds:
            for start, times in starts(trees, given.rounds, folder).items():
                for column, seconds in zip(columns, times, strict=True):
                    column[f"{start}, ms"] = f"{seconds * 1000:.0f}"
    rows = dict.fromkeys(row for column in columns for row in column)
    print(f"{'':36}" + "".join(f"{title[:12]:>14}" for title in [*given.revisions, "working tree"]))
    for row in rows:
        print(f"{row:36}" + "".join(f"{column.get(row, '-'):>14}" for column in columns))


if __name__ == "__main__":
    main()
