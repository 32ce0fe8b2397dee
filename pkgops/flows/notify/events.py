"""CloudEvents 1.0: an announcement as an event, and the event as an HTTP request in either content mode."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Any
from urllib.parse import quote

from pkgops.model.announcement import Announcement

_TYPE = "dev.pkgops"
_AS_IS = frozenset(map(chr, range(0x21, 0x7F))) - {'"', "%"}
"""Characters that are not encoded in a header; the HTTP binding requires all others percent-encoded."""


@dataclass(frozen=True, slots=True)
class EventRequest:
    """The headers and the body of an HTTP request."""

    headers: Mapping[str, str]
    body: bytes


def event(found: Announcement, id: str) -> dict[str, Any]:
    """Return an announcement as an event in the JSON format; ``id`` is the same however often it is sent."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": f"{found.cluster}/namespaces/{quote(found.namespace)}",
        "type": f"{_TYPE}.{found.kind}.{found.phase}",
        "subject": found.workload,
        "time": found.time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {
            "workload": found.workload,
            "environment": found.environment,
            "by": found.by,
            "before": found.before,
            "after": found.after,
            "result": found.result,
            "message": found.message,
        },
    }


def structured(found: Mapping[str, Any]) -> EventRequest:
    """Return an event as a request whose body is the whole event."""
    headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    return EventRequest(headers, json.dumps(found).encode())


def binary(found: Mapping[str, Any]) -> EventRequest:
    """Return an event as a request whose body is its data, and whose headers are its attributes."""
    attributes = {key: value for key, value in found.items() if key not in ("data", "datacontenttype")}
    headers = {f"ce-{key}": _encoded(str(value)) for key, value in attributes.items()}
    headers["Content-Type"] = str(found["datacontenttype"])
    return EventRequest(headers, json.dumps(found["data"]).encode())


def _encoded(text: str) -> str:
    plain = "".join(_AS_IS)
    return quote(text, safe=plain)


def title(found: Announcement) -> str:
    """Return an announcement as one sentence."""
    version = found.after or "the newest version"
    what = f"{found.kind} of {version}"
    if found.kind == "gate":
        what = f"a gate of {found.environment} refused {version}"
        return f"{found.workload}: {what}"
    ended = f"ended: {found.result}" if found.phase == "ended" else found.phase
    return f"{found.workload}: {what} in {found.environment} {ended}"
