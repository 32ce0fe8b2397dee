"""The local cluster on a terminal: its parts, and the cache."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pkgops.view import text
from pkgops.view.errors import API_VERSION

MEGABYTE = 1_000_000


def parts(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of a cluster's parts; each row has part, state, pid, memoryBytes, seconds."""
    cells = [
        (
            str(row["part"]),
            str(row["state"]),
            str(row["pid"] or ""),
            megabytes(row["memoryBytes"]) if row["pid"] else "",
            text.duration(row["seconds"]) if row["pid"] else "",
        )
        for row in rows
    ]
    return text.columns(("part", "state", "pid", "memory", "age"), cells)


def document(kind: str, **content: Any) -> str:
    """Return a JSON document."""
    return json.dumps({"apiVersion": API_VERSION, "kind": kind, **content}, indent=2)


def facts(rows: Mapping[str, str]) -> str:
    """Return names and values, one pair on each line."""
    width = max(map(len, rows), default=0)
    return "\n".join(text.visible(f"{name.ljust(width)}  {value}") for name, value in rows.items())


def sizes(rows: Sequence[tuple[str, int, str]]) -> str:
    """Return the table of the cache's folders: path, bytes, meaning."""
    return text.columns(
        ("size", "folder", "what"), [(megabytes(size), path, what) for path, size, what in rows]
    )


def megabytes(size: int) -> str:
    """Return a number of bytes in megabytes."""
    return f"{size / MEGABYTE:.0f} MB"
