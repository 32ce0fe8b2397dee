"""The commit that a source revision names, in whichever form it is written."""

from __future__ import annotations

import re

_COMMIT = re.compile(r"\b[0-9a-f]{40}\b")


def commit_of(revision: str) -> str:
    """Return the commit of 40 digits in a text (``main@sha1:<hex>``, a URL); empty where it has none."""
    found = _COMMIT.search(revision)
    return found.group() if found else ""


def short_commit(revision: str) -> str:
    """Return the first 8 digits of the commit of a source revision, or the revision as it is."""
    return commit_of(revision)[:8] or revision
