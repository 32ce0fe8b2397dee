"""What the page of a pipeline shows, as JSON values: one moment, or the moments of a recording. Pure.

Everything here is text from a cluster. The page sets it as text of elements and never as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pkgops.model import Below, ObjectState, Snapshot, Timeline
from pkgops.view import changes, snapshots, status, timeline, why

POOLED = ("stages", "times", "environments", "blockages", "unreadable")
"""The lists of a moment whose items mostly are those of the moment before."""

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What steers a terminal and means nothing on a page: escape sequences, control characters."""


def moment(
    snapshot: Snapshot, times: Timeline, below: Mapping[tuple[str, str], Below], seconds: float = 0.0
) -> dict[str, Any]:
    """Return one moment, ``seconds`` after the beginning."""
    said = status.workload(snapshot)
    del said["blockage"]
    found: dict[str, Any] = {
        **said,
        "t": round(seconds, 3),
        "takenAt": snapshot.taken_at.isoformat(),
        "environments": [
            {**status.environment(one), "pinKnown": one.pin_known} for one in snapshot.environments
        ],
        "stages": [
            {**snapshots.stage(stage), **_below(below.get((stage.part, stage.name), Below()))}
            for stage in snapshot.all_stages
        ],
        "times": timeline.data(times)["stages"],
        "blockages": [why.blockage(item) for item in snapshot.blockages],
    }
    return {key: plain(value) for key, value in found.items()}


def _below(found: Below) -> dict[str, Any]:
    return {"inputs": list(found.inputs), "objects": [_object(one) for one in found.objects]}


def _object(one: ObjectState) -> dict[str, Any]:
    return {
        **(changes.reference(one.object) or {}),
        "state": str(one.state),
        "reason": one.reason,
        "message": one.message,
        "since": one.since.isoformat() if one.since else None,
    }


def plain(value: Any) -> Any:
    """Return a JSON value without what steers terminals; logs are full of it."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def packed(moments: Iterable[Mapping[str, Any]], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return moments as one value in which equal items are kept once: ``pool`` holds them, by their place."""
    places: dict[str, int] = {}
    pool: list[Any] = []

    def place(item: Any) -> int:
        key = json.dumps(item, sort_keys=True)
        if key not in places:
            places[key] = len(pool)
            pool.append(item)
        return places[key]

    kept = [
        {key: [place(item) for item in value] if key in POOLED else value for key, value in one.items()}
        for one in moments
    ]
    return {**about, "pool": pool, "moments": kept}


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Tell whether two moments show the same, but for their time."""
    return all(left[key] == right[key] for key in left if key not in ("t", "takenAt"))
