"""Watch many objects: changes are taken in batches, required watches are computed from time to time."""

from __future__ import annotations

import queue
import time

from pkgops.flows.run.watch import RunWatch
from pkgops.kube import Obj


class BatchWatch(RunWatch):
    """A watch of more objects than can be read again for each of their changes."""

    def batch(self, tick: float, pause: float = 0.0) -> list[Obj]:
        """Wait ``tick`` seconds for a change, then ``pause`` for more; return the changed objects.

        This starts no watches: see :meth:`extend`.
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
        """Start the watches that the present objects require, and set what cannot be read."""
        self._update()
        self._list_new()
