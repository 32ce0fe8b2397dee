"""What applying would do, object by object, and as text."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from pkgops.kapp import record
from pkgops.kube import Obj
from pkgops.model import ObjectRef

Op = Literal["create", "update", "unchanged", "delete"]


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one object; ``recorded``: whether the record lists it."""

    op: Op
    object: Obj
    recorded: bool = True

    @property
    def ref(self) -> ObjectRef:
        """The object's identity."""
        return ObjectRef.of(self.object)

    @property
    def place(self) -> str:
        """The object with its namespace, for messages."""
        return describe(self.ref)


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do. ``config_map`` names the record's ConfigMap, ``meta`` is its content now."""

    config_map: str
    namespace: str
    meta: record.AppMeta
    steps: tuple[Step, ...]

    @property
    def changes(self) -> tuple[Step, ...]:
        """The steps that change something."""
        return tuple(step for step in self.steps if step.op != "unchanged")

    @property
    def done(self) -> str:
        """Return the counts as text, as in ``3 created, 1 deleted, 20 unchanged``."""
        words = {"create": "created", "update": "updated", "delete": "deleted", "unchanged": "unchanged"}
        counts = Counter(step.op for step in self.steps)
        return ", ".join(f"{counts[op]} {word}" for op, word in words.items() if counts[op])  # type: ignore[index]


def describe(ref: ObjectRef) -> str:
    """Return an object for messages, with its namespace."""
    return f"{ref} in {ref.namespace}" if ref.namespace else str(ref)
