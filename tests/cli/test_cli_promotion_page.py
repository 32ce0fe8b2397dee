"""The configuration that the page on promotions shows is read by the settings, its gates by their rules."""

from __future__ import annotations

import re
from itertools import takewhile
from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.flows.promotion.gates.configured import gates
from pkgops.flows.promotion.gates.types import TYPES
from pkgops.settings import Overrides, load

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "howto" / "promote-and-roll-back.md"
OBJECT = "apiVersion:"
BLOCKS = [
    block
    for block in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    if not block.startswith(OBJECT)
]


def read(folder, text):
    """Read a block as a command does, and return the gates, checks and addresses in it."""
    path = folder / "config.yaml"
    path.write_text(text)
    found = load(Overrides((path,)), {}, folder)
    environments = found.environments
    checks = [check for one in environments for check in one.checks]
    return [gate for one in environments for gate in gates(one)], checks, list(found.notify)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_each_configuration_on_the_page_is_read(block, tmp_path):
    assert any(read(tmp_path, block))


def test_the_page_shows_every_type_of_gate_and_what_else_it_tells_of(tmp_path):
    found = [read(tmp_path, block) for block in BLOCKS]
    shown = {gate.type for asked, _, _ in found for gate in asked}
    assert shown >= set(TYPES)
    assert any(checks for _, checks, _ in found)
    assert any(addresses for _, _, addresses in found)


def test_the_gates_that_the_example_configuration_has_as_comments_are_read(tmp_path):
    lines = (ROOT / "config.example.yaml").read_text().partition("gates: []\n")[2].splitlines()
    commented = "\n".join(line.replace("# ", "  ", 1) for line in takewhile(_is_comment_of_gates, lines))
    asked, _, _ = read(tmp_path, f"pkgops:\n  environments:\n    - name: a\n      gates:\n{commented}\n")
    assert {gate.type for gate in asked} >= set(TYPES) - {"annotations"}


def _is_comment_of_gates(line):
    return line.startswith(("      # - ", "      #   "))


@pytest.mark.parametrize("wrong", ["soak: soon", "soack: 5m", "window: {schedule: 0 9 * *, for: 1h}"])
def test_a_gate_that_is_none_would_be_found(wrong, tmp_path):
    with pytest.raises(UsageError):
        read(tmp_path, f"pkgops:\n  environments:\n    - name: a\n      gates:\n        - {wrong}\n")
