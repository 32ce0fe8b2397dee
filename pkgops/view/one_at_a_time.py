"""Shows of a command's progress from several threads, one at a time, and none after the command has ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class OneAtATime:
    """Serializes calls: requests that wait for a cluster report it from threads of their own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = False

    def calls(self, shown: Callable[[T], None]) -> Callable[[T], None]:
        """Return a function that calls ``shown`` when no other call runs; after ``end`` it does nothing."""

        def call(item: T) -> None:
            with self._lock:
                if not self._ended:
                    shown(item)

        return call

    def end(self) -> None:
        """Let the current call return, and drop later ones: a thread may outlive the command."""
        with self._lock:
            self._ended = True
