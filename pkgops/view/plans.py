"""What applying did or would do, object by object."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from pkgops.model import ObjectRef
from pkgops.view import changes, text
from pkgops.view.errors import API_VERSION

Step = tuple[str, ObjectRef]

_DONE = {"create": "created", "update": "updated", "delete": "deleted", "unchanged": "unchanged"}
_WOULD = {"create": "to create", "update": "to update", "delete": "to delete", "unchanged": "unchanged"}


def table(steps: Sequence[Step], dry_run: bool) -> str:
    """Return a table of what changed, and the counts."""
    words = _WOULD if dry_run else _DONE
    rows = [(words[op], ref.namespace or "-", str(ref)) for op, ref in steps if op != "unchanged"]
    counts = Counter(op for op, _ in steps)
    summary = ", ".join(f"{counts[op]} {words[op]}" for op in words if counts[op]) or "nothing to apply"
    if not rows:
        return summary
    return text.columns(("change", "namespace", "object"), rows) + "\n" + summary


def document(steps: Sequence[Step], dry_run: bool) -> str:
    """Return the same as JSON."""
    items = [{"op": op, "object": changes.reference(ref)} for op, ref in steps]
    return json.dumps(
        {"apiVersion": API_VERSION, "kind": "Plan", "dryRun": dry_run, "steps": items}, indent=2
    )


def remaining_table(refs: Sequence[ObjectRef], unknown: Sequence[str] = ()) -> str:
    """Return the remaining objects of the pipeline's kinds; kubectl's message where there are none.

    Args:
        refs: the remaining objects.
        unknown: who may not read what, so that more may remain.
    """
    lines = [f"unknown: {sentence}" for sentence in unknown]
    if refs:
        lines.insert(
            0, text.columns(("namespace", "object"), [(ref.namespace or "-", str(ref)) for ref in refs])
        )
    return "\n".join(lines) or "No resources found"


def remaining_document(refs: Sequence[ObjectRef], unknown: Sequence[str] = ()) -> dict[str, object]:
    """Return the same as JSON values."""
    objects = [changes.reference(ref) for ref in refs]
    return {"apiVersion": API_VERSION, "kind": "Left", "objects": objects, "unknown": list(unknown)}
