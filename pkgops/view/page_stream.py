"""The present data of a page, and its changes, for all viewers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from pkgops.view import report

BEAT = 10.0
"""Seconds after which a page gets an empty event, by which a closed page is detected."""


class Signal:
    """Wakes waiting coroutines in event loops; from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def wake(self) -> None:
        """Wake all waiting coroutines."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_done, future)

    async def wait(self, come: Callable[[], bool], seconds: float = BEAT) -> None:
        """Wait until woken, for at most ``seconds``; return immediately where ``come`` is true."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._waiting.append((loop, future))
        # Checked after the future was registered: later changes wake it.
        if not come():
            await asyncio.wait([future], timeout=seconds)
        with self._lock:
            self._waiting = [one for one in self._waiting if one[1] is not future]


class Latest:
    """The present data of a page. Set from any thread; waiting coroutines are woken then.

    Data that is replaced before a viewer took it is not sent, so that a slow viewer does not delay others.
    """

    def __init__(self) -> None:
        self._number = 0
        self._now: tuple[dict[str, Any], bytes] | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._signal = Signal()
        self.viewers = 0
        """How many viewers wait for changes."""

    @property
    def data(self) -> dict[str, Any] | None:
        """The present data; None before the first."""
        return self._now[0] if self._now else None

    def put(self, data: dict[str, Any]) -> None:
        """Set the data that is shown from now on; keys that ``data`` does not have are kept."""
        with self._lock:
            whole = {**(self.data or {}), **data}
            # Serialised once, for any number of pages.
            self._now = whole, f"data: {report.embedded(whole)}\n\n".encode("utf-8", "replace")
            self._number += 1
        self._signal.wake()

    def clear(self) -> None:
        """Drop the data, until the next is set."""
        with self._lock:
            self._now = None

    async def wait_for_data(self, seconds: float) -> None:
        """Wait until there is data, for at most ``seconds``."""
        await self._signal.wait(lambda: self._now is not None or self._closed, seconds)

    def close(self) -> None:
        """Wake all waiting coroutines."""
        self._closed = True
        self._signal.wake()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield the present data and its changes, as server-sent events, until closed."""
        sent = 0
        self.viewers += 1
        try:
            while not self._closed:
                number, now = self._number, self._now
                if now is not None and number > sent:
                    sent = number
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
