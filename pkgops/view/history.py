"""What changed each environment, as a table and as a document with a schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pkgops.model.revision import short_commit
from pkgops.view import text
from pkgops.view.errors import API_VERSION

HEADER = ("environment", "when", "change", "from", "to", "commit", "by", "took", "ended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change; ``seconds`` is None while it is planned. Releases have version, revision and more.

    ``gates`` are the gates that were evaluated before it, each with name, type, state, evidence and why it
    was overridden.
    """

    record: str
    action: str
    when: datetime
    by: str
    seconds: float | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    result: str
    message: str
    gates: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """A roll-out without a record: its time and Revision; version and commit are empty where unknown."""

    when: datetime
    object: str
    version: str
    image: str
    revision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The changes of one environment, the newest first.

    ``version`` and ``revision`` are those that run without a record, ``came`` all roll-outs without one;
    ``unreadable`` are ConfigMaps with the label of a record that contain none; ``unknown`` is why the records
    could not be read, ``hidden`` why the roll-outs could not, and ``next`` the next step then.
    """

    environment: str
    rows: Sequence[Row]
    version: str = ""
    revision: str = ""
    came: Sequence[Rollout] = ()
    unreadable: Sequence[str] = ()
    unknown: str = ""
    hidden: str = ""
    next: str = ""


def table(pasts: Sequence[Past]) -> str:
    """Return a row for each change, the newest first, and below them those that did not succeed."""
    rows = [row for past in pasts for row in _rows(past)]
    notes = [note for past in pasts for note in _notes(past)]
    lines = [text.columns(HEADER, rows)] if rows else ["No change is recorded"] if not notes else []
    steps = [f"next: {step}" for step in dict.fromkeys(past.next for past in pasts) if step]
    return text.visible_lines("\n".join(lines + notes + steps))


def document(workload: str, pasts: Sequence[Past]) -> str:
    """Return the same as JSON, of kind ``History``."""
    content = {"apiVersion": API_VERSION, "kind": "History", "workload": workload}
    return json.dumps({**content, "environments": [environment(past) for past in pasts]}, indent=2)


def environment(past: Past) -> dict[str, Any]:
    """Return the changes of one environment as JSON values."""
    return {
        "name": past.environment,
        "releases": [
            {
                "record": row.record,
                "action": row.action,
                "when": row.when.astimezone(UTC).isoformat(),
                "by": row.by,
                "seconds": row.seconds,
                "before": dict(row.before),
                "after": dict(row.after),
                "result": row.result,
                "message": row.message,
                "gates": [dict(gate) for gate in row.gates],
            }
            for row in past.rows
        ],
        "unrecorded": {"version": past.version, "revision": past.revision} if past.version else None,
        "unrecordedChanges": [
            {
                "when": one.when.astimezone(UTC).isoformat(),
                "knativeRevision": one.object,
                "version": one.version,
                "image": one.image,
                "revision": one.revision,
            }
            for one in past.came
        ],
        "unreadable": list(past.unreadable),
        "unknown": "; ".join(filter(None, (past.unknown, past.hidden))),
    }


def _rows(past: Past) -> list[tuple[str, ...]]:
    found = [(row.when, _recorded(past, row)) for row in past.rows]
    newest = past.came[0] if past.came else None
    for one in past.came:
        runs = one is newest and bool(past.version) and one.version in ("", past.version)
        version = past.version if runs else one.version
        found.append((one.when, _unrecorded(past, _time(one.when), version, one.revision, runs=runs)))
    rows = [row for _, row in sorted(found, key=lambda item: item[0], reverse=True)]
    if past.version and (newest is None or newest.version not in ("", past.version)):
        rows.insert(0, _unrecorded(past, "", past.version, past.revision, runs=True))
    return [tuple(cell or "-" for cell in row) for row in rows]


def _unrecorded(past: Past, when: str, version: str, revision: str, *, runs: bool) -> tuple[str, ...]:
    ended = "runs now" if runs else ""
    return past.environment, when, "no record", "", version, short_commit(revision), "", "", ended


def _recorded(past: Past, row: Row) -> tuple[str, ...]:
    return (
        past.environment,
        _time(row.when),
        row.action,
        str(row.before["version"]),
        str(row.after["version"]),
        short_commit(str(row.after["revision"])),
        row.by,
        text.duration(row.seconds),
        row.result,
    )


def _time(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _overridden(environment: str, row: Row) -> Iterator[str]:
    for gate in row.gates:
        if gate["overridden"]:
            what = f"{row.action} of {row.after['version']} by {row.by or 'an unknown user'}"
            yield f"{environment}: {what} overrode gate {gate['gate']}: {gate['overridden']}"


def _notes(past: Past) -> list[str]:
    notes = [f"{past.environment}: what changed it is unknown: {past.unknown}"] if past.unknown else []
    if past.hidden:
        notes.append(f"{past.environment}: changes without a record may be missing: {past.hidden}")
    last = past.rows[0] if past.rows else None
    if last and last.message:
        notes.append(f"{past.environment}: the last {last.action} is {last.result}: {last.message}")
    notes += [note for row in past.rows for note in _overridden(past.environment, row)]
    notes += [f"{past.environment}: configmap/{name} contains no readable record" for name in past.unreadable]
    return notes
