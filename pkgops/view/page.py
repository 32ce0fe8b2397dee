"""The data of a pipeline's page as JSON values: one moment, or the moments of a recording. Pure.

Everything here is text from a cluster. The page sets it as text of elements and never as markup.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkgops.model import Container, ImageChain, ObjectState, Snapshot, StageObjects, Timeline
from pkgops.view import changes, gates, history, snapshots, status, timeline, trace, why

POOLED = ("stages", "times", "environments", "blockages", "unreadable", "trace", "history", "gates", "logs")
"""The lists of a moment whose items are mostly the same as in the previous moment."""

_CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""Escape sequences and control characters, which control a terminal and are removed from a page."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The last lines of the log of one container; ``unknown`` is why there are none."""

    container: Container
    lines: Sequence[str] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Gated:
    """The verdicts of an environment's gates on the next version; or why they are ``unknown``."""

    environment: str
    version: str = ""
    rows: Sequence[gates.Row] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """Details that are not among the objects of a run; ``unknown`` is why those that are None are unknown."""

    chains: Sequence[ImageChain] | None = None
    pasts: Sequence[history.Past] | None = None
    gated: Sequence[Gated] | None = None
    unknown: str = ""
    logs: Sequence[LogEnd] = ()

    @property
    def gaps(self) -> dict[str, str]:
        """The unknown details, each with the reason."""
        parts = {"trace": self.chains, "history": self.pasts, "gates": self.gated}
        return {name: self.unknown for name, value in parts.items() if value is None}


def moment(
    snapshot: Snapshot,
    times: Timeline,
    objects: Mapping[tuple[str, str], StageObjects],
    seconds: float = 0.0,
    details: Details | None = None,
) -> dict[str, Any]:
    """Return one moment, ``seconds`` after the beginning."""
    details = details or Details()
    fields = status.workload(snapshot)
    del fields["blockage"]
    found: dict[str, Any] = {
        **fields,
        "t": round(seconds, 3),
        "takenAt": snapshot.taken_at.isoformat(),
        "environments": [
            {**status.environment(one), "pinKnown": one.pin_known} for one in snapshot.environments
        ],
        "stages": [
            {**snapshots.stage(stage), **_objects(objects.get((stage.scope, stage.name), StageObjects()))}
            for stage in snapshot.all_stages
        ],
        "times": timeline.data(times)["stages"],
        "blockages": [why.blockage(item) for item in snapshot.blockages],
        "trace": [trace.chain_of(chain) for chain in details.chains or ()],
        "history": [history.environment(past) for past in details.pasts or ()],
        "gates": [_gated(one) for one in details.gated or ()],
        "unknown": details.gaps,
        "logs": [
            {**_container(one.container), "lines": list(one.lines), "unknown": one.unknown}
            for one in details.logs
        ],
    }
    return {key: plain(value) for key, value in found.items()}


def _gated(one: Gated) -> dict[str, Any]:
    fields = {"environment": one.environment, "version": one.version, "unknown": one.unknown}
    return {**fields, "gates": gates.fields(one.rows)}


def _objects(found: StageObjects) -> dict[str, Any]:
    return {
        "inputs": list(found.inputs),
        "objects": [_object(one) for one in found.objects],
        "containers": [{**_container(one), "runs": one.runs} for one in found.containers],
    }


def _container(one: Container) -> dict[str, Any]:
    return {"namespace": one.pod.namespace, "pod": one.pod.name, "name": one.name}


def _object(one: ObjectState) -> dict[str, Any]:
    return {
        **(changes.reference(one.object) or {}),
        "state": str(one.state),
        "reason": one.reason,
        "message": one.message,
        "since": one.since.isoformat() if one.since else None,
    }


def plain(value: Any) -> Any:
    """Return a JSON value without escape sequences and control characters, as logs contain them."""
    if isinstance(value, str):
        return _CONTROL.sub("", value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def packed(moments: Iterable[Mapping[str, Any]], about: Mapping[str, Any]) -> dict[str, Any]:
    """Return moments as one value; equal items are stored once, in ``pool``, and referred to by index."""
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


def containers(data: Mapping[str, Any]) -> set[tuple[str, str, str]]:
    """Return namespace, pod and name of every container with a log in the data of a page."""
    stages = {place for one in data.get("moments", ()) for place in one["stages"]}
    return {
        (one["namespace"], one["pod"], one["name"])
        for place in stages
        for one in data["pool"][place]["containers"]
    }


def same(left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
    """Return whether two moments are the same except for their time."""
    return all(left[key] == right[key] for key in left if key not in ("t", "takenAt"))
