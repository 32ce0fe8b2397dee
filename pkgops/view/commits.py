"""The commits between two versions, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pkgops.model.commits import Commit, Commits
from pkgops.model.revision import short_commit
from pkgops.view import text

SHOWN = 20
"""How many commits are listed as text; JSON has all."""
_SUBJECT = 100


def report(before: str, commits: Commits) -> str:
    """Return both commits and those between, as complete lines; ``before`` is the old version, if any."""
    old, new = (text.visible(short_commit(one)) for one in (commits.before, commits.after))
    if not (old or new):
        return ""
    if old == new or not before:  # Without an old version there are no commits between.
        return f"commit {new or 'unknown'}\n"
    ends = f"commit {old or 'unknown'} -> {new or 'unknown'}"
    if commits.unknown:
        return f"{ends}; the commits between are not known: {text.visible(commits.unknown)}\n"
    return "".join(f"{line}\n" for line in (ends, *_between(commits)))


def _between(commits: Commits) -> Iterator[str]:
    least = "" if commits.complete else "at least "
    for title, found in (("added", commits.added), ("taken back", commits.removed)):
        if not found:
            continue
        yield f"  {least}{len(found)} {'commit' if len(found) == 1 else 'commits'} {title}:"
        for one in found[:SHOWN]:
            subject = text.shorten(text.visible(one.subject), _SUBJECT)
            head = f"{short_commit(one.sha)} {one.when:%Y-%m-%d} {one.author}"
            yield f"    {text.visible(head)}: {subject}"
        if len(found) > SHOWN:
            yield f"    and {len(found) - SHOWN} more"


def fields(commits: Commits) -> dict[str, Any]:
    """Return the same as JSON has it."""
    return {
        "before": commits.before,
        "after": commits.after,
        "added": [_fields(one) for one in commits.added],
        "removed": [_fields(one) for one in commits.removed],
        "complete": commits.complete and not commits.unknown,
        "unknown": commits.unknown,
    }


def _fields(commit: Commit) -> dict[str, str]:
    when = f"{commit.when:%Y-%m-%dT%H:%M:%SZ}"
    return {"sha": commit.sha, "subject": commit.subject, "author": commit.author, "when": when}
