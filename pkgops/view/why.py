"""Why a run makes no progress, as text and as a document."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from pkgops.model import CHAIN, Blockage, Evidence, Snapshot, Stage, State, Verdict
from pkgops.model.revision import short_commit
from pkgops.view import changes, text
from pkgops.view.errors import API_VERSION

LABEL = 9
_HEAD = {
    Verdict.READY: "everything is done",
    Verdict.WORKING: "nothing is wrong, it is in progress",
    Verdict.WAITING: "nothing is wrong, it waits",
    Verdict.FAILED: "failed",
    Verdict.STALE: "stale",
    Verdict.UNKNOWN: "unknown",
    Verdict.ABSENT: "there is no such workload",
}

MARGIN = "  | "
"""The prefix of the lines of a log."""
LOG_ROWS = 6
"""How many rows a line of a log may take; a longer one is cut."""


def report(name: str, snapshot: Snapshot, blockages: tuple[Blockage, ...], width: int = 80) -> str:
    """Return the output for a terminal ``width`` columns wide."""
    if not blockages:
        return text.visible_lines("\n".join(_healthy(name, snapshot, width)))
    first, *others = blockages
    verdict = "held up" if first.state is State.WAITING else _HEAD[snapshot.verdict]
    where = f" at {first.stage}" if first.stage else ""
    place = f" in {first.scope}" if first.scope and first.scope != CHAIN else ""
    lines = [text.shorten_end(f"{name}: {verdict}{where}{place}", width), ""]
    lines += _field("cause", first.cause, width)
    if first.object is not None:
        space = f" in {first.object.namespace}" if first.object.namespace else ""
        lines += _field("object", f"{first.object}{space}", width)
    lines += _field("code", str(first.code), width)
    for item in first.evidence:
        lines += _evidence(item, width)
    lines += _steps(first, width)
    for other in others:
        lines += ["", *_field("also", f"{other.code}: {other.cause}", width)]
        same = other.state is State.UNKNOWN and other.next == first.next
        lines += [] if same else _steps(other, width)
    lines += _unreadable(snapshot, blockages, width)
    return text.visible_lines("\n".join(lines))


def _healthy(name: str, snapshot: Snapshot, width: int) -> list[str]:
    limit = " as far as it can be read" if snapshot.unreadable else ""
    lines = [text.shorten_end(f"{name}: {_HEAD[snapshot.verdict]}{limit}", width)]
    if snapshot.revision:
        lines += _field("commit", short_commit(snapshot.revision), width)
    for stage in (one for one in snapshot.all_stages if one.state is State.WORKING):
        lines += _field(str(stage.state), _doing(stage, snapshot), width)
    for env in snapshot.environments:
        parts = [env.version, short_commit(env.revision), text.digest(env.image), env.note]
        lines += _field(env.name, ", ".join(part for part in parts if part) or str(env.verdict), width)
    return lines + _unreadable(snapshot, (), width)


def _unreadable(snapshot: Snapshot, shown: tuple[Blockage, ...], width: int) -> list[str]:
    """What else cannot be read: it is not the cause, but may hide one."""
    causes = {item.cause for item in shown}
    lines: list[str] = []
    for gap in snapshot.unreadable:
        sentence = f"unknown: {gap.sentence}"
        lines += _field("also", sentence, width) if sentence not in causes else []
    return lines


def _doing(stage: Stage, snapshot: Snapshot) -> str:
    elapsed = text.duration(stage.elapsed(snapshot.taken_at))
    scope = "" if stage.scope == CHAIN else f"{stage.scope}: "
    doing = stage.message or stage.reason
    since = f" for {elapsed}" if elapsed else ""
    return f"{scope}{stage.title}{since}: {doing}"


def _field(label: str, value: str, width: int) -> list[str]:
    """A labelled value, wrapped and aligned; names that are longer than a line are broken."""
    room = max(width - LABEL - 1, 20)
    wrapped = textwrap.wrap(" ".join(value.split()), room, break_on_hyphens=False) or [""]
    head = f"{label.ljust(LABEL)} {wrapped[0]}".rstrip()
    return [head, *(" " * (LABEL + 1) + line for line in wrapped[1:])]


def _steps(item: Blockage, width: int) -> list[str]:
    again = _field("again", item.again, width) if item.again else []
    return [*_field("next", item.next, width), *again]


def _evidence(item: Evidence, width: int) -> list[str]:
    if item.kind != "log":
        about = f"{item.object}: " if item.object is not None and item.kind in ("event", "exit-code") else ""
        return _field(item.kind, about + item.text, width)
    head = _field("log", f"{item.object}", width)
    return [*head, *(row for line in item.text.splitlines() for row in _logged(line, width))]


def _logged(line: str, width: int) -> list[str]:
    """Return a line of a log, wrapped: the error is often at its end."""
    line, room = text.visible(line), max(width - len(MARGIN), 20)
    kept = text.shorten_end(line, room * LOG_ROWS)
    return [MARGIN + kept[at : at + room] for at in range(0, max(len(kept), 1), room)]


def document(name: str, snapshot: Snapshot, blockages: tuple[Blockage, ...]) -> str:
    """Return the same as JSON, of kind ``Why``; see ``docs/reference/schemas/why.schema.json``."""
    body = {
        "apiVersion": API_VERSION,
        "kind": "Why",
        "workload": name,
        "namespace": snapshot.workload.namespace if snapshot.workload else "",
        "verdict": str(snapshot.verdict),
        "revision": snapshot.revision,
        "healthy": not blockages and snapshot.verdict not in (Verdict.ABSENT, Verdict.UNKNOWN),
        "blockages": [blockage(item) for item in blockages],
        "unreadable": [changes.unreadable(gap) for gap in snapshot.unreadable],
    }
    return json.dumps(body, indent=2)


def blockage(item: Blockage) -> dict[str, Any]:
    """Return one cause as JSON values."""
    return {
        "code": str(item.code),
        "cause": item.cause,
        "state": str(item.state),
        "stage": item.stage,
        "part": item.scope,
        "object": changes.reference(item.object),
        "evidence": [
            {"kind": fact.kind, "object": changes.reference(fact.object), "text": fact.text}
            for fact in item.evidence
        ],
        "next": item.next,
        "again": item.again,
    }
