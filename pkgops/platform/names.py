"""Names of child objects, as the real controllers make them."""

from __future__ import annotations

import hashlib
import random

MAX_NAME = 63
SUFFIX_LENGTH = 5
# What Kubernetes itself draws from for generateName: no vowels and no look-alikes.
SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


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


def random_suffix(length: int = SUFFIX_LENGTH) -> str:
    """Return random characters as the API server appends to ``generateName``."""
    return "".join(random.choices(SAFE_ALPHABET, k=length))  # noqa: S311
