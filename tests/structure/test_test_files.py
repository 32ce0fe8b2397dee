"""Files that are only seen to be broken when all of them are collected, or when somebody runs them."""

from __future__ import annotations

import ast
import importlib
from collections import Counter
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


def test_no_two_test_files_have_one_name():
    """pytest imports them without packages, so the second of a name is refused."""
    names = Counter(path.name for path in (TOP / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("path", sorted((TOP / "benchmarks").glob("*.py")), ids=lambda path: path.stem)
def test_what_a_benchmark_imports_is_there(path):
    """Nothing else imports them, and most need a cluster to run."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pkgops"):
            module = importlib.import_module(str(node.module))
            for name in node.names:
                if not hasattr(module, name.name):
                    importlib.import_module(f"{node.module}.{name.name}")
