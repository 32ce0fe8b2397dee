"""Every setting with its origin, as a table or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pkgops.view import text
from pkgops.view.errors import API_VERSION

Row = tuple[str, Any, str]


def table(rows: Sequence[Row]) -> str:
    """Return a table: key, value, origin."""
    return text.columns(
        ("key", "value", "from"), [(name, _value(value), origin) for name, value, origin in rows]
    )


def document(rows: Sequence[Row]) -> str:
    """Return the same as JSON."""
    values = [{"key": name, "value": value, "from": origin} for name, value, origin in rows]
    return json.dumps({"apiVersion": API_VERSION, "kind": "Configuration", "values": values}, indent=2)


def _value(value: Any) -> str:
    if value in ("", None):
        return '""'
    return value if isinstance(value, str) else json.dumps(value)
