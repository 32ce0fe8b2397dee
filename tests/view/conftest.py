"""Golden files: ``PKGOPS_GOLDEN=write`` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent.parent / "data" / "golden"


@pytest.fixture
def golden():
    def check(name, text):
        path = GOLDEN / name
        if os.environ.get("PKGOPS_GOLDEN") == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        assert text + "\n" == path.read_text()

    return check
