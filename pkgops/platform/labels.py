"""Matching of labels."""

from __future__ import annotations

from collections.abc import Mapping

from pkgops.kube import Obj


def has_labels(obj: Obj, labels: Mapping[str, str]) -> bool:
    """Return whether an object has all of these labels."""
    present = obj["metadata"].get("labels") or {}
    return all(present.get(key) == value for key, value in labels.items())
