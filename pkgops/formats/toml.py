"""TOML out; the only importer of tomli_w (reading is the standard library's)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w


def dump(table: Mapping[str, Any]) -> str:
    """Return a table as TOML text."""
    return tomli_w.dumps(table)
