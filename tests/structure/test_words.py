"""Docstrings, comments and contracts say what a thing is, without figures of speech."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FIGURES = re.compile(
    r"\b(nobody|truth|witness|honest|believes?|speaks?|hears?|house|doors?|looks away|asks anybody)\b",
    re.IGNORECASE,
)
"""Words that stand for something else: nothing in a program knows, speaks or looks away."""


def prose(text):
    """The lines of docstrings and comments, by their numbers."""
    numbers = {token.start[0] for token in tokens(text) if token.type == tokenize.COMMENT}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            numbers |= {*range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    lines = text.splitlines()
    return {number: lines[number - 1] for number in sorted(numbers)}


def tokens(text):
    return tokenize.generate_tokens(io.StringIO(text).readline)


def figures(lines):
    return [f"{number}: {line.strip()}" for number, line in lines.items() if FIGURES.search(line)]


def test_the_program_is_described_in_plain_words():
    paths = [path for folder in ("pkgops", "benchmarks") for path in sorted((ROOT / folder).rglob("*.py"))]
    told = {str(path.relative_to(ROOT)): figures(prose(path.read_text())) for path in paths}
    assert {name: lines for name, lines in told.items() if lines} == {}


@pytest.mark.parametrize("name", ["pyproject.toml", "CONTRIBUTING.md", "docs/architecture.md"])
def test_a_page_for_who_works_on_it_is_in_plain_words(name):
    assert figures(dict(enumerate((ROOT / name).read_text().splitlines(), 1))) == []


def test_a_figure_of_speech_is_found_where_it_is_no_string_of_the_program():
    text = '"""Nobody reads it."""\nsaid = "nobody"  # the truth\nx = 1\n'
    assert figures(prose(text)) == ['1: """Nobody reads it."""', '2: said = "nobody"  # the truth']
