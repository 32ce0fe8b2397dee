"""A finding of lint: an object that is accepted but faulty, with its corrected form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pkgops.model import ObjectRef
from pkgops.readiness.base import spec

Obj = dict[str, Any]
Fix = Callable[[Obj], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One finding in one object: a stable name, its effect, the object before and after."""

    name: str
    object: ObjectRef
    what: str
    before: Obj
    after: Obj


def finding(name: str, obj: Obj, what: str, fix: Fix) -> LintFinding:
    """Return the finding; its corrected object is a copy that ``fix`` changed."""
    after = deepcopy(obj)
    fix(after)
    return LintFinding(name=name, object=ObjectRef.of(obj), what=what, before=obj, after=after)


def stamped(obj: Obj) -> Obj:
    """Return the object that a template stamps, where it is not ytt; empty otherwise."""
    found = spec(obj).get("template")
    return found if isinstance(found, dict) else {}


def blueprints(objects: list[Obj]) -> Iterator[Obj]:
    """Return the supply chains and deliveries."""
    return (obj for obj in objects if obj.get("kind") in ("ClusterSupplyChain", "ClusterDelivery"))


def template_of(objects: list[Obj], resource: Obj) -> Obj | None:
    """Return the template that a blueprint's resource names; None where it is not among the objects."""
    wanted = resource.get("templateRef") or {}
    for obj in objects:
        if (obj.get("kind"), obj["metadata"].get("name")) == (wanted.get("kind"), wanted.get("name")):
            return obj
    return None


def rewrite(old: str, new: str) -> Fix:
    """Return the fix that replaces a text in the JSON of the spec."""

    def fix(after: Obj) -> None:
        after["spec"] = json.loads(json.dumps(after["spec"]).replace(old, new))

    return fix
