"""What the benchmark of the page counts as the delay of a change."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "page.py"
spec = importlib.util.spec_from_file_location("benchmarks_page", FILE)
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)


def test_a_change_that_was_passed_over_lasts_until_a_later_one_is_shown():
    assert bench.delays({0: 10.0, 1: 10.5, 2: 11.0}, {0: 10.1, 2: 11.2}) == pytest.approx([0.1, 0.2, 0.7])


def test_a_change_that_never_came_has_no_delay():
    assert bench.delays({0: 10.0, 1: 10.5}, {0: 10.25}) == [0.25]
