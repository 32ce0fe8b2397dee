"""Names of child objects, as the real controllers make them."""

from __future__ import annotations

import hashlib

MAX_NAME = 63


def child_name(parent: str, suffix: str) -> str:
    """Return ``parent + suffix``, shortened with an md5 where longer than 63 characters.

    The algorithm is Knative's ``kmeta.ChildName``, which Tekton and kpack use too.
    """
    name = parent + suffix
    if len(name) <= MAX_NAME:
        return name
    if len(suffix) >= MAX_NAME - 32:
        return hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    digest = hashlib.md5(parent.encode(), usedforsecurity=False).hexdigest()
    head = parent[: MAX_NAME - 32 - len(suffix)]
    return head + digest + suffix
