"""What a promotion changes: before and after, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pkgops.model.revision import short_commit
from pkgops.view import text
from pkgops.view.errors import API_VERSION

FIELDS = ("version", "image", "revision", "pinned")


def table(environment: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return the two releases side by side; fields are those of :data:`FIELDS`."""
    ends = [_cells(before), _cells(after)]
    body = list(zip(("version", "digest", "commit", "pinned to"), *ends, strict=True))
    return text.columns((environment, "before", "after"), body)


def _cells(release: Mapping[str, str]) -> tuple[str, ...]:
    """A release as a column: unknown fields of a version are ``unknown``, absent ones a dash."""
    known = "unknown" if release["version"] else "-"
    digest, commit = text.digest(release["image"]), short_commit(release["revision"])
    return release["version"] or "-", digest or known, commit or known, release["pinned"] or "-"


def document(
    kind: str,
    workload: str,
    environment: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    gates: Sequence[Mapping[str, Any]],
    more: Mapping[str, Any],
) -> str:
    """Return the same as JSON, of the ``kind`` given; of ``more`` what is known."""
    found: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "workload": workload,
        "environment": environment,
        "before": {name: before[name] for name in FIELDS},
        "after": {name: after[name] for name in FIELDS},
        "gates": list(gates),
    }
    known = {key: value for key, value in more.items() if value is not None}
    return json.dumps({**found, **known}, indent=2)
