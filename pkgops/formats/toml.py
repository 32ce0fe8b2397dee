"""Writing of TOML; the only importer of tomli_w (the standard library reads TOML)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w


def dump(table: Mapping[str, Any]) -> str:
    """Return a table as TOML text."""
    return tomli_w.dumps(table)
