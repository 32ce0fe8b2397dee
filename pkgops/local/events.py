"""The events of the local cluster while it works; how they are shown is left to the caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

State = Literal["working", "ready", "repaired", "stopped", "note"]


@dataclass(frozen=True, slots=True)
class PartEvent:
    """One event of one part of the local cluster.

    Attributes:
        part: the part's name: ``network``, ``etcd``, ``kube-apiserver``...
        state: ``working`` (started, or in progress: see ``detail``), ``ready``, ``repaired`` (it had
            ended and is ready again), ``stopped``, or ``note`` for information.
        detail: a short text for the user; may be empty.
        seconds: how long it took, where the state ends something; else 0.
    """

    part: str
    state: State
    detail: str = ""
    seconds: float = 0.0


OnEvent = Callable[[PartEvent], None]


def ignore(_event: PartEvent) -> None:
    """Ignore an event."""
