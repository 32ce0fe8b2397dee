"""The value of a param, from template, blueprint, resource or owner. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pkgops.kube import Obj


def merge(
    template: Sequence[Obj], blueprint: Sequence[Obj], resource: Sequence[Obj], owner: Sequence[Obj]
) -> Obj:
    """Return the params of a template, by name.

    Each level overrides the one before. The owner's value is used unless the last blueprint or
    resource entry of that name has ``value``, which cannot be overridden.
    """
    params: dict[str, Any] = {entry["name"]: entry.get("default") for entry in template}
    protected: dict[str, bool] = {}
    for entry in (*blueprint, *resource):
        protected[entry["name"]] = "default" not in entry
        params[entry["name"]] = entry["value"] if "value" in entry else entry.get("default")
    for entry in owner:
        if not protected.get(entry["name"]):
            params[entry["name"]] = entry.get("value")
    return params
