"""The output of ``kapp deploy`` and ``kapp delete``: the table of changes and the lines of progress."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from pkgops.kapp.change import Change, is_orphaned
from pkgops.kapp.identity import CREATE_STRATEGY, UPDATE_STRATEGY, annotations_of, kind, name, namespace
from pkgops.kapp.wait import state_of

HEADER = ("Namespace", "Name", "Kind", "Age", "Op", "Op st.", "Wait to", "Rs", "Ri")
_OPS = ("create", "delete", "update", "noop", "exists")
_WAITS = ("reconcile", "delete", "noop")


def changes_table(changes: Iterable[Change], now: datetime) -> str:
    """Return the table titled ``Changes``, its counts below it, without a final line feed."""
    ordered = sorted(changes, key=_place)
    rows = _without_repeats([_row(change, now) for change in ordered])
    widths = [max(len(row[column]) for row in [HEADER, *rows]) for column in range(len(HEADER))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in [HEADER, *rows]
    ]
    return "\n".join(["Changes", *(line.rstrip() for line in lines), *counts(ordered, "     ")])


def counts(changes: Iterable[Change], padding: str = "") -> list[str]:
    """Return the two lines that count operations and waits."""
    every = list(changes)
    ops = Counter(str(change.op) for change in every)
    waits = Counter(str(change.wait) for change in every)
    return [
        f"Op: {padding}" + ", ".join(f"{ops[op]} {op}" for op in _OPS),
        "Wait to: " + ", ".join(f"{waits[wait]} {wait}" for wait in _WAITS),
    ]


def summary(changes: Iterable[Change]) -> str:
    """Return the counts in one line, as in the record's description."""
    return " / ".join(counts(changes))


def stamped(now: datetime, text: str) -> str:
    """Return a progress line with kapp's clock, such as ``5:58:23PM: ---- applying ...``."""
    moment = now.astimezone(UTC)
    return f"{moment.hour % 12 or 12}:{moment:%M:%S%p}: {text}"


def age(created: str, now: datetime) -> str:
    """Return the age of a resource, in kubectl's shortest form."""
    moment = datetime.fromisoformat(created.replace("Z", "+00:00"))
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _place(change: Change) -> tuple[str, str, str, str]:
    obj = change.resource
    return namespace(obj), name(obj), kind(obj), str(obj.get("apiVersion"))


def _row(change: Change, now: datetime) -> tuple[str, ...]:
    obj = change.resource
    created = str((change.existing or {}).get("metadata", {}).get("creationTimestamp") or "")
    state = state_of(change.existing) if change.existing is not None else None
    cells = (
        namespace(obj) or "(cluster)",
        name(obj),
        kind(obj),
        age(created, now) if created else "",
        "" if change.op == "noop" else change.op,
        _strategy(change),
        "" if change.wait == "noop" else change.wait,
        state.word if state else "",
        state.message if state else "",
    )
    return tuple(cell or "-" for cell in cells)


def _strategy(change: Change) -> str:
    notes = annotations_of(change.resource)
    if change.op == "delete":
        return "orphan" if is_orphaned(change) else ""
    key = {"create": CREATE_STRATEGY, "update": UPDATE_STRATEGY}.get(change.op, "")
    return notes.get(key, "").replace("-", " ")


def _without_repeats(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    firsts = ["", *(row[0] for row in rows)]
    return [("^", *row[1:]) if row[0] == before else row for row, before in zip(rows, firsts, strict=False)]
