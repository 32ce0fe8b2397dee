"""The reference is what the code says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def pages():
    spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.pages()


@pytest.mark.parametrize(
    "name", ["commands.md", "configuration.md", "exit-codes.md", "platform-fields.md", "roles.md"]
)
def test_the_page_is_current(pages, name):
    message = "run: python docs/reference/generate.py"
    assert (FOLDER / name).read_text() == pages[name], message


def test_every_key_has_a_meaning_or_speaks_for_itself(pages):
    rows = [line for line in pages["configuration.md"].splitlines() if line.startswith("| `pkgops.")]
    assert rows
    assert all(not row.endswith("|  |") for row in rows)
