"""A whole Snapshot as a document: stages, environments, causes."""

from __future__ import annotations

import json
from typing import Any

from pkgops.model import Snapshot, Stage
from pkgops.view import changes, status, why
from pkgops.view.errors import API_VERSION


def document(snapshot: Snapshot) -> str:
    """Return a Snapshot as JSON, of kind ``Snapshot``."""
    body: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "Snapshot",
        "takenAt": snapshot.taken_at.isoformat(),
        **{key: value for key, value in status.workload(snapshot).items() if key != "blockage"},
        "stages": [stage(item) for item in snapshot.all_stages],
        "blockages": [why.blockage(item) for item in snapshot.blockages],
    }
    return json.dumps(body, indent=2)


def stage(item: Stage) -> dict[str, Any]:
    """Return one stage as JSON values."""
    return {
        "name": item.name,
        "part": item.scope,
        "title": item.title,
        "tool": item.tool,
        "object": changes.reference(item.object),
        "state": str(item.state),
        "current": item.current and not item.still,
        "still": item.still,
        "reason": item.reason,
        "message": item.message,
        "waitsFor": item.waits_for,
        "since": item.since.isoformat() if item.since else None,
        "until": item.until.isoformat() if item.until else None,
        "revision": item.revision,
        "output": changes.output_data(item.output),
    }
