"""The changes between two Snapshots as events, one for each change. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.model import Blockage, Event, ObjectRef, Output, Snapshot, Stage, State, Unreadable
from pkgops.model.revision import short_commit
from pkgops.view import text

_DOING = {
    State.DONE: "done",
    State.WORKING: "working",
    State.WAITING: "waiting",
    State.FAILED: "failed",
    State.UNKNOWN: "unknown",
}


def between(before: Snapshot | None, after: Snapshot) -> list[Event]:
    """Return an event for each stage that changed, and for a new blockage."""
    known = {(stage.scope, stage.name): stage for stage in before.all_stages} if before else {}
    events = [
        stage_event(stage, after)
        for stage in after.all_stages
        if _is_reported(known.get((stage.scope, stage.name)), stage)
    ]
    return events + list(_blocked(before, after))


def stage_event(stage: Stage, snapshot: Snapshot) -> Event:
    """Return the event with a stage's present status."""
    return Event(
        time=snapshot.taken_at,
        type="stage",
        message=sentence(stage),
        stage=stage.name,
        scope=stage.scope,
        state=stage.state,
        object=stage.leaf or stage.object,
        data=stage_data(stage),
    )


def sentence(stage: Stage) -> str:
    """Return a stage's state, its cause or what it waits for, and its output, on one line."""
    if stage.still:
        return still(stage)
    shown = _DOING[stage.state]
    detail = output(stage.output) if stage.state is State.DONE else about(stage)
    if not detail:
        return shown
    return f"{shown} {detail}" if stage.state is State.WAITING and stage.waits_for else f"{shown}: {detail}"


def about(stage: Stage) -> str:
    """Return what a stage that is not done waits for, or else its own message."""
    if stage.waits_for:
        return f"for {stage.waits_for}" if stage.state is State.WAITING else f"waits for {stage.waits_for}"
    shown = " ".join((stage.message or stage.reason).split())
    return "" if shown == "Unknown" else shown


def still(stage: Stage) -> str:
    """Return the other revision that a stage has, and its state where it is not done."""
    older = f"still {short_commit(stage.still)}"
    detail = about(stage) if stage.state is not State.DONE else ""
    if stage.state in (State.DONE, State.WAITING):
        return f"{detail}, {older}" if detail else older
    return f"{older}: {_DOING[stage.state]} {detail}".rstrip()


def output(produced: Output) -> str:
    """Return the outputs of a stage in short forms, the most useful first.

    A source's URL is that of its archive, so the commit comes first; an application's URL comes before all.
    """
    image = text.digest(produced.image) or produced.image
    parts = (short_commit(produced.revision), produced.version, produced.tag, produced.url, image)
    return next((part for part in parts if part), "")


def stage_data(stage: Stage) -> dict[str, Any]:
    """Return a stage's fields as plain JSON values; empty ones are left out."""
    facts = {
        "title": stage.title,
        "tool": stage.tool,
        "reason": stage.reason,
        "message": stage.message,
        "waitsFor": stage.waits_for,
        "revision": stage.revision,
        "still": stage.still,
        "output": output_data(stage.output),
    }
    return {key: value for key, value in facts.items() if value}


def output_data(produced: Output) -> dict[str, str]:
    """Return an output's fields that are set."""
    fields = {name: getattr(produced, name) for name in ("revision", "image", "version", "tag", "url")}
    return {name: value for name, value in fields.items() if value}


def reference(ref: ObjectRef | None) -> dict[str, str] | None:
    """Return an object's reference as JSON, or None."""
    if ref is None:
        return None
    return {"apiVersion": ref.api_version, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}


def unreadable(gap: Unreadable) -> dict[str, str]:
    """Return a kind that cannot be read as JSON."""
    return {
        "apiVersion": gap.api_version,
        "kind": gap.kind,
        "namespace": gap.namespace,
        "code": str(gap.code),
        "message": gap.sentence,
    }


def _is_reported(before: Stage | None, after: Stage) -> bool:
    """Return whether the difference is shown to the user."""
    if before is None:
        return after.state is not State.UNKNOWN or bool(after.object)
    return _essence(before) != _essence(after)


def _essence(stage: Stage) -> tuple[object, ...]:
    leaf = stage.leaf or stage.object
    busy = stage.message if stage.state is State.FAILED else ""
    return stage.state, stage.waits_for, busy, leaf, stage.output, stage.still


def _blocked(before: Snapshot | None, after: Snapshot) -> Iterator[Event]:
    blockage = after.blockage
    old = before.blockage if before else None
    if blockage is None or not blockage.is_shown or _same(blockage, old):
        return
    yield Event(
        time=after.taken_at,
        type="blocked",
        message=blockage.cause,
        stage=blockage.stage,
        scope=blockage.scope,
        state=blockage.state,
        object=blockage.object,
        data={
            **_title(blockage, after),
            "code": str(blockage.code),
            "next": blockage.next,
            "again": blockage.again,
        },
    )


def _title(blockage: Blockage, snapshot: Snapshot) -> dict[str, str]:
    """Return the title of the stage of a cause; nothing where the cause is of no stage."""
    place = (blockage.scope, blockage.stage)
    stage = next((stage for stage in snapshot.all_stages if (stage.scope, stage.name) == place), None)
    return {"title": stage.title} if stage is not None and stage.title else {}


def _same(blockage: Blockage, old: Blockage | None) -> bool:
    return old is not None and (old.code, old.object, old.cause) == (
        blockage.code,
        blockage.object,
        blockage.cause,
    )
