"""The result of a verification, as a table and as a document with a schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pkgops.view import text
from pkgops.view.errors import API_VERSION

HEADER = ("check", "result", "took", "evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One check; ``log`` is the end of the log of a failed one."""

    name: str
    outcome: str
    evidence: str
    seconds: float
    log: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What was verified, by whom and when, and the result; ``message`` has what no check reports."""

    workload: str
    environment: str
    version: str
    image: str
    package: str
    by: str
    begun: datetime
    ended: datetime | None
    outcome: str
    message: str
    record: str
    checks: Sequence[Row]


def table(found: Verified) -> str:
    """Return a row for each check, the logs of failed ones, and the overall result."""
    rows = [
        (check.name, check.outcome, text.duration(check.seconds), check.evidence) for check in found.checks
    ]
    lines = [text.columns(HEADER, rows)] if rows else []
    for check in found.checks:
        if check.log:
            lines += [f"\nend of the log of {check.name}:", *(f"  {line}" for line in check.log)]
    ended = f"{found.version} in {found.environment}: {_SENTENCES[found.outcome]}"
    lines.append(f"{ended}: {found.message}" if found.message else ended)
    return text.visible_lines("\n".join(lines))


_SENTENCES: Mapping[str, str] = {
    "passed": "verification passed",
    "failed": "verification failed",
    "unknown": "unknown whether it passes",
    "running": "verification runs",
}


def document(found: Verified) -> str:
    """Return the same as JSON, of kind ``Verification``."""
    return json.dumps({"apiVersion": API_VERSION, "kind": "Verification", **fields(found)}, indent=2)


def fields(found: Verified) -> dict[str, Any]:
    """Return a verification as documents have it."""
    return {
        "workload": found.workload,
        "environment": found.environment,
        "version": found.version,
        "image": found.image,
        "package": found.package,
        "by": found.by,
        "begun": _moment(found.begun),
        "ended": _moment(found.ended) if found.ended else None,
        "outcome": found.outcome,
        "message": found.message,
        "record": found.record,
        "checks": [
            {
                "name": check.name,
                "outcome": check.outcome,
                "evidence": check.evidence,
                "seconds": check.seconds,
                "log": list(check.log),
            }
            for check in found.checks
        ],
    }


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
