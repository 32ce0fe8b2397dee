"""The table of modules, functions and tests is counted from a tree of sources."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

FILE = Path(__file__).parents[2] / "benchmarks" / "structure.py"
spec = importlib.util.spec_from_file_location("benchmark_structure", FILE)
structure = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(structure)


def test_lines_and_functions_are_counted(tmp_path):
    room = tmp_path / "pkgops" / "room"
    room.mkdir(parents=True)
    (room / "__init__.py").write_text("")
    (room / "a.py").write_text("def f():\n    def g():\n        return 1\n    return g\n")
    (room / "long.py").write_text("x = 1\n" * 251)
    (tmp_path / "tests" / "room").mkdir(parents=True)
    (tmp_path / "tests" / "room" / "test_a.py").write_text("x = 1\n" * 51)
    found = structure.figures(tmp_path)
    assert (found["modules"], found["modules above 250 lines"], found["lines"]) == ("3", "1", "255")
    assert (found["functions"], found["lines of a function: p95"]) == ("2", "4")
    assert found["test to code: room"] == "0.20"


def test_a_percentile_is_one_of_the_values():
    assert [structure.percentile(range(1, 21), share) for share in (0.5, 0.95, 1)] == [10, 19, 20]
