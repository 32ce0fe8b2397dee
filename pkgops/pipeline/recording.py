"""Recordings: one watch event a line, ``{"t": seconds, "type": ..., "object": ...}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pkgops.errors import UsageError
from pkgops.model import CauseCode, Unreadable
from pkgops.readiness.base import timestamp
from pkgops.values import Value

START = "START"
"""The type of a first line that has the time when the recording began: ``object`` is {time}."""
REGISTRY = "REGISTRY"
"""The type of a line with the response of a registry: ``object`` is {reference, digest, ...}."""

UNREADABLE = "UNREADABLE"
"""The type of a line that lists what cannot be read from then on: ``object`` is {items}."""


class Line(Value):
    """One line: seconds since the recording began, the event's type, the object."""

    t: float
    type: str
    object: dict[str, Any]


def parse(lines: Iterable[str], name: str = "recording") -> Iterator[Line]:
    """Yield the lines of a recording.

    Raises:
        UsageError: a line is not of this format; the message has its number.
    """
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            body = json.loads(text)
            yield Line(float(body["t"]), str(body["type"]), dict(body["object"]))
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(
                f"line {number} of {name} is not a line of a recording",
                why=f"expected an object with t, type and object: {error}",
                slug="recording-invalid",
            ) from error


def unreadable_body(gaps: Iterable[Unreadable]) -> dict[str, Any]:
    """Return the ``object`` of a line that lists what cannot be read."""
    return {
        "items": [
            {
                "apiVersion": gap.api_version,
                "kind": gap.kind,
                "namespace": gap.namespace,
                "code": str(gap.code),
                "message": gap.sentence,
            }
            for gap in gaps
        ]
    }


def unreadable(body: dict[str, Any]) -> list[Unreadable]:
    """Return what cannot be read, from the ``object`` of such a line."""
    return [
        Unreadable(
            api_version=str(item.get("apiVersion") or ""),
            kind=str(item.get("kind") or ""),
            namespace=str(item.get("namespace") or ""),
            code=CauseCode(str(item.get("code") or CauseCode.NOT_LISTED)),
            sentence=str(item.get("message") or ""),
        )
        for item in body.get("items") or ()
    ]


def start(lines: Iterable[Line]) -> datetime:
    """Return the time at which a recording began.

    No time in an object is later than its event, so the latest time in any object less
    that event's ``t`` is the beginning, to the second. (pkgops' own recordings have it in a START line.)
    """
    best: datetime | None = None
    for line in lines:
        if line.type == START and (started := timestamp(line.object.get("time"))) is not None:
            return started - timedelta(seconds=line.t)
        latest = max(_times(line.object), default=None)
        if latest is not None:
            begin = latest - timedelta(seconds=line.t)
            best = begin if best is None or begin > best else best
    return best or datetime(1970, 1, 2, tzinfo=UTC)


def _times(value: Any) -> Iterator[datetime]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key not in ("data", "spec", "annotations", "deletionTimestamp"):
                yield from _times(item)
    elif isinstance(value, list):
        for item in value:
            yield from _times(item)
    elif isinstance(value, str) and value.endswith("Z") and len(value) <= 30:
        moment = timestamp(value)
        if moment is not None and moment <= datetime(2200, 1, 1, tzinfo=UTC):
            yield moment.astimezone(UTC)
