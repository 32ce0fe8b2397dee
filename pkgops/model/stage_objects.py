"""The objects that work for a stage, their containers, and the stages that it takes inputs from."""

from __future__ import annotations

from datetime import datetime

from pkgops.model.objects import ObjectRef
from pkgops.model.states import State
from pkgops.values import Value


class ObjectState(Value, kw_only=True):
    """An object with the state that it reports."""

    object: ObjectRef
    state: State
    reason: str = ""
    message: str = ""
    since: datetime | None = None


class Container(Value):
    """A container of a pod that has a log; ``runs`` while it is running, so that the log may grow."""

    pod: ObjectRef
    name: str
    runs: bool


class StageObjects(Value):
    """The stages of the same scope that a stage takes inputs from, and its objects, the deepest last.

    ``containers`` are those of its pods that have a log, in the order in which they run.
    """

    inputs: tuple[str, ...] = ()
    objects: tuple[ObjectState, ...] = ()
    containers: tuple[Container, ...] = ()
