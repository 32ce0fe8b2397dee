"""The verdicts of an environment's gates on a version: a table, and JSON with a schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pkgops.view import text
from pkgops.view.errors import API_VERSION

HEADER = ("gate", "says", "evidence", "what would satisfy it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One gate: pass, fail or pending; ``overridden`` is the reason of an override."""

    gate: str
    type: str
    state: str
    evidence: str
    detail: str
    remedy: str
    overridable: bool
    overridden: str = ""

    @property
    def passes(self) -> bool:
        """Whether it passes or is overridden."""
        return self.state == "pass" or bool(self.overridden)


def table(rows: Sequence[Row]) -> str:
    """Return a table with a row for each gate."""
    return text.columns(
        HEADER, [(row.gate, _state_text(row), row.evidence, row.remedy or "-") for row in rows]
    )


def _state_text(row: Row) -> str:
    return f"{row.state}, overridden" if row.overridden and row.state != "pass" else row.state


def report(environment: str, version: str, rows: Sequence[Row]) -> str:
    """Return the table, and whether the version may be promoted."""
    left = [row.gate for row in rows if not row.passes]
    end = f"does not pass: {', '.join(left)}" if left else "every gate passes"
    return f"{table(rows)}\n\n{text.visible(f'{version} to {environment}: {end}')}"


def fields(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the gates as JSON values."""
    return [asdict(row) for row in rows]


def document(workload: str, environment: str, action: str, version: str, rows: Sequence[Row]) -> str:
    """Return the same as JSON, of kind ``Gates``."""
    found = {
        "apiVersion": API_VERSION,
        "kind": "Gates",
        "workload": workload,
        "environment": environment,
        "action": action,
        "version": version,
        "passes": all(row.passes for row in rows),
        "gates": fields(rows),
    }
    return json.dumps(found, indent=2)
