"""The termination messages that the entrypoint writes when a step ends. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pkgops.kube import Obj
from pkgops.platform.tekton.params import VALIDATION, value_type
from pkgops.platform.tekton.permanenterror import PermanentError

TASK_RESULT, INTERNAL, STEP_RESULT = 1, 3, 4


@dataclass(frozen=True)
class Termination:
    """A parsed termination message.

    Attributes:
        results: the entries that are results, unchanged.
        started_at: when the step's program started; empty if it did not.
        reason: ``Skipped`` or ``TimeoutExceeded``; empty otherwise.
        exit_code: the program's exit code if it was ignored (``onError: continue``).
    """

    results: tuple[Obj, ...] = ()
    started_at: str = ""
    reason: str = ""
    exit_code: int | None = None

    def message(self) -> str:
        """Return the message in the step's status: the results as compact JSON, or an empty text."""
        return json.dumps(list(self.results), separators=(",", ":")) if self.results else ""


def parse_termination(text: str) -> Termination:
    """Return a parsed message; one that is not a list of entries (of another program) has none."""
    entries = _entries(text)
    internal = {entry["key"]: str(entry["value"]) for entry in entries if entry.get("type") == INTERNAL}
    code = internal.get("ExitCode", "")
    return Termination(
        results=tuple(entry for entry in entries if entry.get("type") in (TASK_RESULT, STEP_RESULT)),
        started_at=internal.get("StartedAt", ""),
        reason=internal.get("Reason", ""),
        exit_code=int(code) if code.lstrip("-").isdigit() else None,
    )


def task_results(messages: Iterable[str], declared: Iterable[Obj], steps: Iterable[Obj] = ()) -> list[Obj]:
    """Return the Task's results; the last step's value is used, undeclared and missing ones are left out.

    Args:
        messages: the termination messages of the steps, in order.
        declared: the Task's results; one with a ``value`` is a result of a step.
        steps: the steps' states with their own results.

    Raises:
        PermanentError: a value is not of the declared type.
    """
    written: dict[str, str] = {}
    for text in messages:
        for entry in parse_termination(text).results:
            if entry.get("type") == TASK_RESULT:
                written[entry["key"]] = entry["value"]
    of_steps = {
        f"$(steps.{step['name']}.results.{entry['name']})": entry
        for step in steps
        for entry in step.get("results") or []
    }
    results = []
    for spec in declared:
        fetched = of_steps.get(str(spec.get("value") or ""))
        if fetched is not None:
            results.append({**fetched, "name": spec["name"]})
        elif spec["name"] in written:
            results.append({"name": spec["name"], **_typed(spec, written[spec["name"]])})
    return results


def step_results(entries: Iterable[Obj]) -> list[Obj]:
    """Return a step's results in the form of its state; the type of a value is derived from it."""
    return [
        {"name": entry["key"], **_read(entry["value"])}
        for entry in entries
        if entry.get("type") == STEP_RESULT
    ]


def _read(text: str) -> Obj:
    try:
        value: Any = json.loads(text) if text.lstrip()[:1] in ("[", "{") else text
    except ValueError:
        value = text
    return {"type": value_type(value), "value": value}


def _typed(spec: Obj, text: str) -> Obj:
    kind = spec.get("type") or "string"
    if kind == "string":
        return {"type": kind, "value": text}
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, list if kind == "array" else dict):
        raise PermanentError(
            VALIDATION,
            "Provided results don't match declared results; may be invalid JSON or missing result "
            f'declaration:  "{spec["name"]}": task result is expected to be "{kind}" type but was '
            'initialized to a different type "string"',
        )
    return {"type": kind, "value": value}


def _entries(text: str) -> list[Obj]:
    try:
        entries = json.loads(text) if text else []
    except ValueError:
        return []
    if not isinstance(entries, list):
        return []
    return [entry for entry in entries if isinstance(entry, dict) and "key" in entry and "value" in entry]
