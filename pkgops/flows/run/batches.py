"""Watch much at once: changes are taken together, and the watches to begin are asked for now and then."""

from __future__ import annotations

import queue
import time

from pkgops.flows.run.watch import RunWatch
from pkgops.kube import Obj


class BatchWatch(RunWatch):
    """A watch of more objects than can be read anew for each of their changes."""

    def batch(self, tick: float, pause: float = 0.0) -> list[Obj]:
        """Wait for a change for so many seconds, and for more of them for ``pause``; return what changed.

        This begins no watches: see :meth:`extend`.
        """
        changed: list[Obj] = []
        deadline = time.monotonic() + pause
        wait = max(tick, pause)
        while not self._closed:
            try:
                event = self._events.get(timeout=wait) if wait else self._events.get_nowait()
            except queue.Empty:
                return changed
            if event is not None:
                self._apply(event)
                changed.append(event.object)
            wait = max(deadline - time.monotonic(), 0.0)
        return changed

    def extend(self) -> None:
        """Begin the watches that what is known now requires, and set what cannot be read."""
        self._update()
        self._list_new()
