"""What the modules of all kinds share: conditions, generations, times, and the StageStatus they return."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pkgops.model import CauseCode, Condition, Output, StageStatus, State
from pkgops.values import replace

Obj = dict[str, Any]


def meta(obj: Obj) -> Obj:
    """The object's metadata."""
    return obj.get("metadata") or {}


def spec(obj: Obj) -> Obj:
    """The object's spec; empty where it has none."""
    return obj.get("spec") or {}


def status(obj: Obj) -> Obj:
    """The object's status; empty where none was written yet."""
    return obj.get("status") or {}


def timestamp(text: object) -> datetime | None:
    """Parse a Kubernetes time; None for empty, unreadable or zero times (containerd writes 1970)."""
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.year > 1970 and moment.tzinfo else None


def created(obj: Obj) -> datetime | None:
    """When the object was created."""
    return timestamp(meta(obj).get("creationTimestamp"))


def changed(obj: Obj) -> datetime | None:
    """When the object was last written, other than its status; None where managedFields has no times."""
    entries = [entry for entry in meta(obj).get("managedFields") or () if not entry.get("subresource")]
    return max(filter(None, (timestamp(entry.get("time")) for entry in entries)), default=None)


def deleting(obj: Obj) -> bool:
    """Whether the object's deletion was requested."""
    return bool(meta(obj).get("deletionTimestamp"))


def conditions(obj: Obj) -> tuple[Condition, ...]:
    """All conditions, in the order of the status."""
    return tuple(_condition(entry) for entry in status(obj).get("conditions") or ())


def _condition(entry: Obj) -> Condition:
    return Condition(
        type=str(entry.get("type", "")),
        status=str(entry.get("status", "")),
        reason=str(entry.get("reason") or ""),
        message=str(entry.get("message") or ""),
        since=timestamp(entry.get("lastTransitionTime")),
    )


def find(found: Iterable[Condition], type: str) -> Condition | None:
    """The condition of that type, or None."""
    return next((condition for condition in found if condition.type == type), None)


def condition(obj: Obj, type: str) -> Condition | None:
    """The object's condition of that type, or None."""
    # Not over ``conditions``: each Snapshot calls this thousands of times.
    entries = status(obj).get("conditions") or ()
    return next((_condition(entry) for entry in entries if entry.get("type", "") == type), None)


def from_condition(
    state: State,
    source: Condition,
    *,
    waits_for: str = "",
    code: CauseCode | None = None,
    container: str = "",
    until: datetime | None = None,
    output: Output | None = None,
) -> StageStatus:
    """The status that one condition reports: its reason, its message, and its last transition."""
    return StageStatus(
        state=state,
        reason=source.reason,
        message=source.message,
        waits_for=waits_for,
        code=code,
        condition=source,
        container=container,
        since=source.since,
        until=until,
        output=output or Output(),
    )


def observed(obj: Obj) -> bool:
    """Whether the status is about the present spec.

    It always is for kinds without ``observedGeneration`` (TaskRun, Package). Flux leaves the status' own at
    -1 until the first success and sets that of every condition instead, so a condition of this generation
    counts too.
    """
    generation = meta(obj).get("generation")
    seen = status(obj).get("observedGeneration")
    if generation is None or seen is None or seen == generation:
        return True
    return any(entry.get("observedGeneration") == generation for entry in status(obj).get("conditions") or ())


def current(obj: Obj, of: Condition) -> bool:
    """Whether a condition is about the present spec: it has this observedGeneration, or none.

    Flux keeps a condition of the previous spec with those of the new one until its next fetch has ended.
    """
    generation = meta(obj).get("generation")
    for entry in status(obj).get("conditions") or ():
        if entry.get("type") == of.type:
            return entry.get("observedGeneration") in (None, generation) or generation is None
    return False


def status_is_current(obj: Obj) -> bool:
    """Whether the whole status is of the present generation; Flux records that only after a success.

    Unlike :func:`observed`, a condition of this generation is not enough: source-controller writes the
    generation into ``Ready=True`` before it has fetched anything for it.
    """
    generation = meta(obj).get("generation")
    return generation is None or status(obj).get("observedGeneration") in (None, generation)


def unobserved(obj: Obj, controller: str, output: Output | None = None) -> StageStatus | None:
    """The status for an object whose present generation its controller has not observed yet.

    ``output`` is what it produced before.
    """
    found = status(obj)
    never = not found or (found.get("observedGeneration") == -1 and not found.get("conditions"))
    if observed(obj) and not never:
        return None
    return StageStatus(
        state=State.WAITING,
        reason="NotObserved",
        message=f"{controller} has not observed this {'object' if never else 'change'} yet",
        waits_for=controller,
        since=created(obj) if never else changed(obj),
        output=output or Output(),
    )


_NAMED_ERROR = re.compile(r"(?:[A-Za-z_][\w.$]*)?(?:Error|Exception)(?: \[\w+\])?(?::|$)")
_BEFORE_A_LOG = "Container failed with: "


def temporary_as_waiting(found: StageStatus) -> StageStatus:
    """The same status, but waiting where its cause is a temporary error that the controller retries."""
    if found.code is not CauseCode.TEMPORARY_ERROR:
        return found
    return replace(found, state=State.WAITING, waits_for="the API server")


def first_line(text: str, limit: int = 300) -> str:
    """The first non-empty line, cut to ``limit`` characters."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= limit else line[: limit - 1] + "…"


def error_line(text: str, limit: int = 300) -> str:
    """The first line; of a container's log that Knative repeats, the last line that names an error.

    Python, Node.js and Java write the stack trace first, and the error at the end or in between.
    """
    first = first_line(text, limit)
    named = [line.strip() for line in text.splitlines() if _NAMED_ERROR.match(line.strip())]
    if not named or named[-1] in first or not first.startswith(_BEFORE_A_LOG):
        return first
    return first_line(f"{_BEFORE_A_LOG}{named[-1]}", limit)


def forbidden(text: str) -> bool:
    """Whether the API server refused because a permission is missing, by its message.

    Its validation writes ``Forbidden:``, with a capital, for a field that may not be set or changed.
    """
    return "is forbidden" in text or "forbidden: " in text


def has(text: str, *needles: str) -> bool:
    """Whether ``text`` contains any of the needles, in any case."""
    low = text.lower()
    return any(needle.lower() in low for needle in needles)
