"""Names of child objects, by the algorithm of the real controllers."""

from __future__ import annotations

import hashlib
import re

MAX_NAME = 63
_DIGEST = 32


def child_name(parent: str, suffix: str) -> str:
    """Return ``parent + suffix``, shortened with an MD5 digest where it is longer than 63 characters.

    The algorithm is Knative's ``kmeta.ChildName``, which Tekton and kpack use too. A suffix that is too long
    for the digest is truncated.
    """
    name, room = parent + suffix, MAX_NAME - _DIGEST
    if len(name) <= MAX_NAME:
        return name
    if len(suffix) < room:
        return parent[: room - len(suffix)] + _digest(parent) + suffix
    short = (parent[:room] + _digest(name) + suffix)[:MAX_NAME]
    return re.sub("[^a-zA-Z0-9]+$", "", short)


def _digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
