"""The differences of two package versions, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pkgops.model.commits import Commits
from pkgops.view import commits as between
from pkgops.view import text
from pkgops.view.errors import API_VERSION

PARTS = ("images", "objects", "package", "files")
_TITLES = {
    "images": "Images",
    "objects": "Resources of the ops bundle",
    "package": "Package",
    "files": "Other files",
}
_LIVE_TITLE = "Resources, as kapp would change them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One difference: added, removed or changed."""

    action: str
    subject: str
    before: str
    after: str
    diff: str


@dataclass(frozen=True, slots=True)
class Live:
    """Whether the resources are compared with the live objects as kapp would, or why they are not.

    Without a reason it was not requested: no environment was named.
    """

    compared: bool = False
    reason: str = ""


Parts = Sequence[tuple[str, Sequence[Line]]]
"""Each part of :data:`PARTS` with its differences."""

_COLOURS = {"+": 32, "-": 31, "@": 36}


def report(
    environment: str,
    before: str,
    after: str,
    parts: Parts,
    commits: Commits,
    live: Live,
    *,
    colour: bool = False,
) -> str:
    """Return both versions, what they were built from, and every difference under its heading."""
    place = f"{environment}: " if environment else ""
    ends = text.visible(f"{place}{before or 'nothing'} -> {after}")
    return f"{ends}\n{between.report(before, commits)}{changes(parts, live, colour=colour)}"


def changes(parts: Parts, live: Live, *, colour: bool = False) -> str:
    """Return every difference under its heading."""
    summary = (
        f"the resources are not compared with the live objects: {text.visible(live.reason)}\n"
        if live.reason
        else ""
    )
    return summary + _listed(parts, live, colour=colour)


def _listed(parts: Parts, live: Live, *, colour: bool) -> str:
    out: list[str] = []
    for part, lines in parts:
        if lines:
            title = _LIVE_TITLE if live.compared and part == "objects" else _TITLES[part]
            out += ["", f"{title}:"]
        for line in lines:
            out.append(text.visible(f"  {line.action} {line.subject}"))
            if line.diff:
                out += [_coloured(one, colour=colour) for one in line.diff.splitlines()]
            elif line.before or line.after:
                out.append(text.visible(f"    {line.before or '-'} -> {line.after or '-'}"))
    return "\n".join(out or ["nothing differs"])


def _coloured(line: str, *, colour: bool) -> str:
    code = _COLOURS.get(line[:1]) if colour else None
    shown = text.visible(line)
    return f"    \033[{code}m{shown}\033[0m" if code else f"    {shown}".rstrip()


def document(
    workload: str, environment: str, before: str, after: str, parts: Parts, commits: Commits, live: Live
) -> str:
    """Return the same as JSON, of kind ``Diff``."""
    content: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": "Diff",
        "workload": workload,
        "environment": environment,
        "before": before,
        "after": after,
        "commits": between.fields(commits),
    }
    return json.dumps(content | fields(parts, live), indent=2)


def fields(parts: Parts, live: Live) -> dict[str, Any]:
    """Return the differences as JSON has them."""
    by_part = {part: [asdict(line) for line in lines] for part, lines in parts}
    return {"live": {"compared": live.compared, "reason": live.reason}, **by_part}
