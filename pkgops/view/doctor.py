"""Checks as text and as a document."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any, Protocol

from pkgops.model import ObjectRef
from pkgops.view import changes, text
from pkgops.view.errors import API_VERSION

MARKS = {"ok": "+", "warning": "!", "failed": "x", "unknown": "?"}


class Check(Protocol):
    """One check; see ``pkgops.flows.doctor.Check``."""

    @property
    def name(self) -> str:
        """The subject of the check."""

    @property
    def result(self) -> Any:
        """ok, warning, failed or unknown."""

    @property
    def message(self) -> str:
        """The result as a sentence."""

    @property
    def fix(self) -> str:
        """The next step."""

    @property
    def object(self) -> ObjectRef | None:
        """The object it is about."""

    @property
    def diff(self) -> str:
        """The correction."""


def report(target: str, checks: Sequence[Check], width: int = 80) -> str:
    """Return a line for each check, with fix and correction of failed ones, for ``width`` columns."""
    lines = [f"Checked {target}"]
    for check in checks:
        lines += _check(check, width)
    counts = {mark: sum(1 for check in checks if str(check.result) == mark) for mark in MARKS}
    lines.append(", ".join(f"{count} {name}" for name, count in counts.items() if count))
    return text.visible_lines("\n".join(lines))


def _check(check: Check, width: int) -> list[str]:
    about = f"{check.object}: " if check.object else ""
    sentence = f"{check.name}: {about}{check.message}"
    room = max(width - 2, 20)
    first, *rest = textwrap.wrap(sentence, room, break_on_hyphens=False) or [""]
    lines = [f"{MARKS[str(check.result)]} {first}", *(f"  {line}" for line in rest)]
    if check.fix and str(check.result) != "ok":
        lines += [
            f"    {line}" for line in textwrap.wrap(f"fix: {check.fix}", room - 2, break_on_hyphens=False)
        ]
    return lines + [f"    {line}" for line in check.diff.splitlines()]


def document(target: str, checks: Sequence[Check]) -> str:
    """Return the same as JSON, of kind ``Doctor``; see ``docs/reference/schemas/doctor.schema.json``."""
    items = [
        {
            "name": check.name,
            "result": str(check.result),
            "message": check.message,
            "fix": check.fix,
            "object": changes.reference(check.object),
            "diff": check.diff,
        }
        for check in checks
    ]
    return json.dumps(
        {"apiVersion": API_VERSION, "kind": "Doctor", "target": target, "checks": items}, indent=2
    )
