"""Which value a param has: template, blueprint, resource or owner. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pkgops.kube import Obj


def merge(
    template: Sequence[Obj], blueprint: Sequence[Obj], resource: Sequence[Obj], owner: Sequence[Obj]
) -> Obj:
    """Return the params of a template, name to value.

    Each level overwrites the one before. The owner's value counts unless the last blueprint or
    resource entry of that name used ``value``, which protects it.
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
