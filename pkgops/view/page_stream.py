"""What a page shows now, and the next, for all that wait for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from pkgops.view import report

BEAT = 10.0
"""Seconds after which a page gets an empty event: that is how a page that has gone is noticed."""


class Signal:
    """Wakes those who wait in an event loop; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def wake(self) -> None:
        """Wake all that wait."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_done, future)

    async def wait(self, come: Callable[[], bool], seconds: float = BEAT) -> None:
        """Wait until woken, for so many seconds at most; not at all where it has come already."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._waiting.append((loop, future))
        # Asked after it was written down: what comes from now on wakes.
        if not come():
            await asyncio.wait([future], timeout=seconds)
        with self._lock:
            self._waiting = [one for one in self._waiting if one[1] is not future]


class Latest:
    """What the page shows now. Given from any thread; those that wait in an event loop are woken then.

    What is replaced before a viewer took it is not sent, so a slow viewer holds nothing back.
    """

    def __init__(self) -> None:
        self._number = 0
        self._now: tuple[dict[str, Any], bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._signal = Signal()
        self.viewers = 0
        """How many wait for what comes."""

    @property
    def data(self) -> dict[str, Any] | None:
        """What is shown now; None before anything is known."""
        return self._now[0] if self._now else None

    def put(self, data: dict[str, Any]) -> None:
        """Take what is shown from now on; what ``data`` does not name stays as it is."""
        with self._lock:
            whole = {**(self.data or {}), **data}
            # Written out once, for any number of pages.
            self._now = whole, f"data: {report.embedded(whole)}\n\n".encode("utf-8", "replace")
            self._number += 1
        self._signal.wake()

    def forget(self) -> None:
        """Know nothing, until the next is given."""
        with self._lock:
            self._now = None

    async def known(self, seconds: float) -> None:
        """Wait until something is known, for so many seconds at most."""
        await self._signal.wait(lambda: self._now is not None or self._closed, seconds)

    def close(self) -> None:
        """Wake all that wait."""
        self._closed = True
        self._signal.wake()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield what is shown now and whatever comes, as server-sent events, until closed."""
        told = 0
        self.viewers += 1
        try:
            while not self._closed:
                number, now = self._number, self._now
                if now is not None and number > told:
                    told = number
                    yield now[1]
                else:
                    await self._signal.wait(partial(self._newer, number))
                    if not self._newer(number):
                        yield b": nothing new\n\n"
        finally:
            self.viewers -= 1

    def _newer(self, number: int) -> bool:
        return self._number > number or self._closed


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
