"""What a promotion changes: before and after, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pkgops.view import text
from pkgops.view.errors import API_VERSION

FIELDS = ("version", "image", "revision", "pinned")


def table(environment: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the two releases side by side; fields are those of :data:`FIELDS`."""
    rows = [
        (environment, "before", "after"),
        ("version", before["version"], after["version"]),
        ("digest", text.digest(before["image"]), text.digest(after["image"])),
        ("commit", text.commit(before["revision"]), text.commit(after["revision"])),
        ("pinned to", before["pinned"], after["pinned"]),
    ]
    head, *body = [tuple(cell or "-" for cell in row) for row in rows]
    return text.columns(head, body)


def document(
    kind: str,
    workload: str,
    environment: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    gates: Sequence[Mapping[str, Any]],
    more: Mapping[str, Any],
) -> str:
    """Return the same as JSON, of the ``kind`` given; of ``more`` what is known."""
    found: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "workload": workload,
        "environment": environment,
        "before": {name: before[name] for name in FIELDS},
        "after": {name: after[name] for name in FIELDS},
        "gates": list(gates),
    }
    known = {key: value for key, value in more.items() if value is not None}
    return json.dumps({**found, **known}, indent=2)
