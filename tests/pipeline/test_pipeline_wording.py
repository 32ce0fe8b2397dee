"""Commands to type are worded above the pipeline, which tells what happened and what that concerns."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from pkgops.flows.next_command import COMMANDS, next_command
from pkgops.model import Blockage, CauseCode
from pkgops.pipeline.diagnosis.sentences import CAUSES

PACKAGE = Path(__file__).parents[2] / "pkgops"
BELOW = [path for room in ("pipeline", "readiness", "model") for path in (PACKAGE / room).rglob("*.py")]


def texts(tree):
    """All strings of a module but those that stand alone, which are documentation."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in alone:
            yield node.value


@pytest.mark.parametrize("path", BELOW, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_command_is_worded_in_or_below_the_pipeline(path):
    said = [text for text in texts(ast.parse(path.read_text())) if "pkgops " in text or "kubectl " in text]
    assert said == []


def test_only_documentation_is_left_out():
    tree = ast.parse('"""pkgops status"""\nA = "pkgops why"\n"""pkgops up"""\nB = f"pkgops {A}"')
    assert list(texts(tree)) == ["pkgops why", "pkgops "]


@pytest.mark.parametrize("code", CauseCode)
def test_every_cause_has_a_sentence_and_a_command(code):
    assert CAUSES[code]
    assert code in COMMANDS
    cause = Blockage(code=code, cause="it failed", object=None, stage="serve")
    assert not re.search(r"{\w*}", "\n".join(next_command(cause)))
