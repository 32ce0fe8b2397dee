"""The API server in memory is killed at a write, and serves its paths again only after some requests."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from memory_objects import Refused

if TYPE_CHECKING:
    from memory_api import MemoryApi
    from memory_calls import Call

Moment = Literal["before", "after", "answered"]
"""Whether the server dies before it carries a write out, before it answers, or before it tells watches."""
STARTING = Refused(
    503,
    "ServiceUnavailable",
    "the request has been made before all known HTTP paths have been installed, please retry",
    retry_after="0",  # a real one says 5
)


class HungUp(Exception):
    """The connection ends without an answer."""


@dataclass
class Restarts:
    """Kills the server at one write of all that come.

    Attributes:
        at: the number of the write, the first being 1; 0 kills it never.
        moment: when in that write.
        refused: so many requests after that are answered as by a server that still starts.
        writes: how many writes came.
    """

    at: int = 0
    moment: Moment = "answered"
    refused: int = 3
    writes: int = 0
    _starting: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Count from here."""
        self.writes = 0

    def start_again(self) -> None:
        """Refuse the next requests as a server that still starts."""
        with self._lock:
            self._starting = self.refused

    def answer(self, api: MemoryApi, call: Call) -> Any:
        """Return the answer to a request that is no watch. Raises Refused, HungUp."""
        if not self._is_last(call):
            return call.answer()
        with api.objects.lock:
            api.objects.lose_watches()
            answer = None if self.moment == "before" else call.answer()
            api.objects.forget_history()
        if answer is None or self.moment == "after":
            raise HungUp
        return answer

    def check(self) -> None:
        """Raise Refused while the server starts."""
        with self._lock:
            if self._starting:
                self._starting -= 1
                raise STARTING

    def _is_last(self, call: Call) -> bool:
        if call.method == "GET" or "accessreviews" in call.path:
            return False
        with self._lock:
            self.writes += 1
            last = self.writes == self.at
        if last:
            self.start_again()
        return last
