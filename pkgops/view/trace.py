"""The provenance of a running pod, back to its commit, as text and as a document."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable
from typing import Any

from pkgops.model import ImageChain, ProvenanceStep
from pkgops.model.revision import short_commit
from pkgops.view import changes, text
from pkgops.view.errors import API_VERSION

MARKS = {"same": "=", "differs": "x", "unknown": "?"}
INDENT = 17


def report(name: str, chains: Iterable[ImageChain], width: int = 80, step: str = "") -> str:
    """Return each chain as a block of steps, for a terminal ``width`` columns wide.

    ``step`` is the next command, where a step could not be read.
    """
    blocks = ["\n".join(_block(name, chain, width)) for chain in chains]
    if not blocks:
        return f"{name}: nothing is delivered, so there is nothing to trace"
    return text.visible_lines("\n\n".join(blocks) + (f"\n\nnext: {step}" if step else ""))


def _block(name: str, chain: ImageChain, width: int) -> list[str]:
    where = chain.environment or text.digest(chain.image)
    lines = [text.shorten_end(f"{name} in {where}" if chain.environment else f"{name} {where}", width)]
    for step in chain.steps:
        lines += _step(step, width)
    return [*lines, *_summary(chain, width)]


def _step(step: ProvenanceStep, width: int) -> list[str]:
    mark = MARKS[str(step.match)]
    about = str(step.object) if step.object else ""
    head = f"{mark} {step.name.ljust(INDENT - 3)} {_short(step.value) or '-'}"
    lines = [text.shorten_end(f"{head}  {about}".rstrip(), width)]
    detail = _detail(step)
    room = max(width - INDENT, 20)
    return lines + [" " * INDENT + line for line in textwrap.wrap(detail, room, break_on_hyphens=False)]


def _detail(step: ProvenanceStep) -> str:
    if str(step.match) == "differs":
        left, right = (_short(value) for value in step.compared)
        source = f" ({step.source})" if step.source else ""
        return " ".join(
            part for part in (f"{left} is not {right}{source}" if left or right else "", step.note) if part
        )
    return step.note


def _short(value: str) -> str:
    """Return digests and commits shortened, everything else unchanged."""
    short = text.digest(value)
    if short:
        repository = value.partition("@")[0].rpartition("/")[2]
        return f"{repository}@{short}"
    return short_commit(value)


def _summary(chain: ImageChain, width: int) -> list[str]:
    """Return what differs, what is only not the newest, what is unknown; or that every step matches."""
    differs = [step.name for step in chain.steps if str(step.match) == "differs"]
    parts = {
        "broken": [name for name in differs if name not in ("commit", "push")],
        "not the newest": [name for name in differs if name in ("commit", "push")],
        "not known": [step.name for step in chain.steps if str(step.match) == "unknown"],
    }
    summary = [f"{label}: {', '.join(names)}" for label, names in parts.items() if names]
    return textwrap.wrap("; ".join(summary) or "every step matches", width)


def document(name: str, chains: Iterable[ImageChain]) -> str:
    """Return the same as JSON, of kind ``Trace``; see ``docs/reference/schemas/trace.schema.json``."""
    found = {"apiVersion": API_VERSION, "kind": "Trace", "workload": name}
    return json.dumps({**found, "chains": [chain_of(chain) for chain in chains]}, indent=2)


def chain_of(chain: ImageChain) -> dict[str, Any]:
    """Return one image chain as JSON values."""
    return {
        "environment": chain.environment,
        "image": chain.image,
        "match": str(chain.match),
        "steps": [_json(step) for step in chain.steps],
    }


def _json(step: ProvenanceStep) -> dict[str, Any]:
    return {
        "name": step.name,
        "object": changes.reference(step.object),
        "value": step.value,
        "match": str(step.match),
        "compared": list(step.compared),
        "source": step.source,
        "note": step.note,
    }
