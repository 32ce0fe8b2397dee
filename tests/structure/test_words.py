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
    r"\b(nobody|everybody|truth|witness|honest|believes?|speaks?|hears?|house|doors?|looks away|asks anybody"
    r"|looks? at one|brings? \w+ forward|shared copy|surroundings|neighbours?|affair|unhappy|foresaw|foresees"
    r"|word for word|in silence|what is refused of|whatever else is wrong)\b",
    re.IGNORECASE,
)
"""Words that stand for something else: nothing in a program knows, speaks or looks away."""

COMMANDS = re.compile(r"\b(?:pkgops|kubectl) [a-z]|(?:^|\s)--[a-z]")
"""What is typed into a shell: pkgops or kubectl with a command, or an option."""


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
    # Most have no such word anywhere, and to take a module apart takes longer than to search it.
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in paths}
    told = {name: figures(prose(text)) for name, text in texts.items() if FIGURES.search(text)}
    assert {name: lines for name, lines in told.items() if lines} == {}


@pytest.mark.parametrize("name", ["pyproject.toml", "CONTRIBUTING.md", "docs/architecture.md"])
def test_a_page_for_who_works_on_it_is_in_plain_words(name):
    assert figures(dict(enumerate((ROOT / name).read_text().splitlines(), 1))) == []


def test_a_figure_of_speech_is_found_where_it_is_no_string_of_the_program():
    text = '"""Nobody reads it."""\nsaid = "nobody"  # the truth\nx = 1\n'
    assert figures(prose(text)) == ['1: """Nobody reads it."""', '2: said = "nobody"  # the truth']


def typed(text):
    """The strings of a module that hold a command to type, docstrings left out."""
    nodes = list(ast.walk(ast.parse(text)))
    docs = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    constants = [node for node in nodes if isinstance(node, ast.Constant) and id(node) not in docs]
    return [
        f"{node.lineno}: {node.value}"
        for node in constants
        if isinstance(node.value, str) and COMMANDS.search(node.value)
    ]


@pytest.mark.parametrize("package", ["pipeline", "readiness", "model"])
def test_commands_to_type_are_worded_above_the_pipeline(package):
    texts = {path.name: path.read_text() for path in sorted((ROOT / "pkgops" / package).rglob("*.py"))}
    found = {name: typed(text) for name, text in texts.items() if COMMANDS.search(text)}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_command_to_type_is_found():
    text = '"""pkgops why"""\na = f"try pkgops why {a}"\nb = "pkgops.dev/x"\nc = "with --record FILE"\n'
    assert sorted(typed(text)) == ["2: try pkgops why ", "4: with --record FILE"]
