"""What a page shows now, and the next, for everybody who waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

from pkgops.view import report

BEAT = 10.0
"""Seconds after which a page is told that nothing changed: that is how a page that has gone is noticed."""


class Latest:
    """What the page shows now. Given from any thread; those who wait in an event loop are told when it comes.

    Nobody is told of what was replaced before they could take it, so a slow viewer holds nothing back.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0
        self._data: dict[str, Any] | None = None
        self._told = b""
        self._closed = False
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    @property
    def data(self) -> dict[str, Any] | None:
        """What is shown now; None before anything is known."""
        return self._data

    def put(self, data: dict[str, Any]) -> None:
        """Take what is shown from now on."""
        # Written out once, however many pages are told of it.
        told = f"data: {report.embedded(data)}\n\n".encode("utf-8", "replace")
        with self._lock:
            self._number, self._data, self._told = self._number + 1, data, told
        self._wake()

    def close(self) -> None:
        """Let nobody wait any longer."""
        self._closed = True
        self._wake()

    async def events(self) -> AsyncIterator[bytes]:
        """Yield what is shown now and whatever comes, as server-sent events, until closed."""
        number = 0
        while not self._closed:
            before = number
            number, told = await self._after(number)
            yield told if number > before else b": nothing new\n\n"

    async def _after(self, number: int) -> tuple[int, bytes]:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[None] = loop.create_future()
        with self._lock:
            if self._number > number or self._closed:
                return self._number, self._told
            self._waiting.append((loop, waiting))
        await asyncio.wait([waiting], timeout=BEAT)
        with self._lock:
            return self._number, self._told

    def _wake(self) -> None:
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for loop, future in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(_done, future)


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
