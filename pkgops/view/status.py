"""The status of workloads, as a table and as a document with a schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from pkgops.model import Behind, Environment, Snapshot
from pkgops.model.revision import short_commit
from pkgops.view import changes, text
from pkgops.view.errors import API_VERSION

HEADER = ("workload", "environment", "version", "commit", "image", "health", "follows", "behind", "url")


def table(snapshots: Sequence[Snapshot]) -> str:
    """Return a row for each environment, and below them the causes."""
    rows = [row for snapshot in snapshots if str(snapshot.verdict) != "absent" for row in _rows(snapshot)]
    if not rows:
        return "No workload found"
    lines = [text.columns(HEADER, rows)]
    lines += [line for snapshot in snapshots for line in _notes(snapshot)]
    return text.visible_lines("\n".join(lines))


def document(snapshots: Sequence[Snapshot]) -> str:
    """Return the same as JSON, of kind ``Status``; see ``docs/reference/status.schema.json``."""
    items = [workload(snapshot) for snapshot in snapshots]
    return json.dumps({"apiVersion": API_VERSION, "kind": "Status", "workloads": items}, indent=2)


def workload(snapshot: Snapshot) -> dict[str, Any]:
    """Return one workload's status as JSON values."""
    ref = snapshot.workload
    blockage = snapshot.blockage
    return {
        "name": ref.name if ref else "",
        "namespace": ref.namespace if ref else "",
        "verdict": str(snapshot.verdict),
        "revision": snapshot.revision,
        "image": snapshot.image,
        "imageRevision": snapshot.image_revision,
        "package": snapshot.package,
        "environments": [environment(one) for one in snapshot.environments],
        "unreadable": [changes.unreadable(gap) for gap in snapshot.unreadable],
        "blockage": None
        if blockage is None
        else {
            "code": str(blockage.code),
            "cause": blockage.cause,
            "next": blockage.next,
            "again": blockage.again,
        },
    }


def environment(one: Environment) -> dict[str, Any]:
    """Return one environment's status as JSON values."""
    return {
        "name": one.name,
        "namespace": one.namespace,
        "deliverable": changes.reference(one.owner),
        "verdict": str(one.verdict),
        "stale": one.stale,
        "version": one.version,
        "revision": one.revision,
        "image": one.image,
        "pinned": one.pinned,
        "url": one.url,
        "note": one.note,
        "behind": _behind(one.behind),
    }


def _behind(one: Behind | None) -> dict[str, Any] | None:
    if one is None:
        return None
    since = one.since.astimezone(UTC).isoformat() if one.since else None
    return {"environment": one.environment, "versions": one.versions, "since": since}


def _rows(snapshot: Snapshot) -> list[tuple[str, ...]]:
    name = snapshot.workload.name if snapshot.workload else "-"
    hidden = "unknown" if _commit_gaps(snapshot) else "-"
    rows = [(name, *_cells(one, hidden)) for one in snapshot.environments]
    return rows or [
        (
            name,
            "-",
            "-",
            short_commit(snapshot.revision) or "-",
            "-",
            str(snapshot.verdict),
            *("-" for _ in HEADER[6:]),
        )
    ]


def _commit_gaps(snapshot: Snapshot) -> list[str]:
    """Why the running commit is not known, where Builds cannot be read."""
    if all(one.revision or not one.image for one in snapshot.environments):
        return []
    return [f"unknown: {gap.sentence}" for gap in snapshot.unreadable if gap.kind == "Build"]


def _cells(one: Environment, hidden: str) -> tuple[str, ...]:
    health = "stale" if one.stale and str(one.verdict) == "ready" else str(one.verdict)
    follows = f"pinned to {one.pinned}" if one.pinned else "newest" if one.pin_known else "unknown"
    cells = (
        one.name,
        one.version,
        short_commit(one.revision) or (hidden if one.image else ""),
        text.digest(one.image),
        health,
        follows,
        _distance(one.behind),
        one.url,
    )
    return tuple(cell or "-" for cell in cells)


def _distance(one: Behind | None) -> str:
    if one is None:
        return ""
    number = "unknown" if one.versions is None else str(one.versions)
    since = f" since {one.since.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}" if one.since else ""
    return f"{number}{since}"


def _notes(snapshot: Snapshot) -> list[str]:
    blockage = snapshot.blockage
    notes = [f"{one.name}: {one.note}" for one in snapshot.environments if one.note]
    notes += _commit_gaps(snapshot)
    if blockage is not None:
        notes.append(blockage.cause)
        also = [item.cause for item in snapshot.blockages[1:] if str(item.state) == "unknown"]
        notes += [cause for cause in dict.fromkeys(also) if cause != blockage.cause]
        notes += [f"next: {blockage.next}"] if blockage.next else []
        notes += [f"again: {blockage.again}"] if blockage.again else []
    return notes
