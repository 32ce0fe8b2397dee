"""The logs that the viewers of a page follow: each container is read once, for any number of viewers."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial

from pkgops.errors import PkgopsError
from pkgops.view import page, report
from pkgops.view.page_stream import Signal

Key = tuple[str, str, str]
"""Namespace, pod, container."""
Read = Callable[[str, str, str], Iterator[str]]
"""Yields the lines of a container's log as they are written, until it ends."""

KEPT = 5000
"""How many lines of a log are kept for new viewers."""
READERS = 40
"""How many logs are read at once; beyond, the page shows an error."""


class LogReader:
    """Reads one log in a thread of its own, while it has viewers, and keeps its last lines."""

    def __init__(self, lines: Callable[[], Iterator[str]]) -> None:
        self.name = secrets.token_hex(4)
        self.ended = False
        self._viewers = 1
        self._lines = lines
        self._problem = ""
        self._kept: deque[str] = deque(maxlen=KEPT)
        self._count = 0
        self._lock = threading.Lock()
        self._signal = Signal()
        threading.Thread(target=self._read, name="page-log", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._lines():
                with self._lock:
                    self._kept.append(line)
                    self._count += 1
                    # Only the thread that reads can close its connection, and only when a line arrives.
                    self.ended = not self._viewers
                self._signal.wake()
                if self.ended:
                    return
        except PkgopsError as error:
            self._problem = error.summary
        self.ended = True
        self._signal.wake()

    def join(self) -> bool:
        """Add a viewer; False where the log is not read any more."""
        with self._lock:
            self._viewers += 0 if self.ended else 1
            return not self.ended

    def leave(self) -> None:
        """Remove a viewer."""
        with self._lock:
            self._viewers -= 1

    async def events(self) -> AsyncIterator[bytes]:
        """Yield the kept lines, and then new ones, as server-sent events, until the end."""
        sent, ended = 0, False
        while not ended:
            ended = self.ended
            with self._lock:
                begin = max(sent, self._count - len(self._kept))
                lines = list(self._kept)[begin - self._count :] if begin < self._count else []
                sent = self._count
            message = {"reader": self.name, "from": begin, "lines": page.plain(lines), "ended": ended}
            if lines or ended:
                yield _event({**message, "problem": self._problem})
            else:
                await self._signal.wait(partial(self._more, sent))
                yield b": nothing new\n\n"

    def _more(self, sent: int) -> bool:
        return self._count > sent or self.ended


class Logs:
    """The logs that are read now, by container."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._readers: dict[Key, LogReader] = {}

    async def follow(self, key: Key) -> AsyncIterator[bytes]:
        """Yield a log as server-sent events; in the event loop only."""
        reader = self._readers.get(key)
        if reader is None or not reader.join():
            self._readers = {known: one for known, one in self._readers.items() if not one.ended}
            if len(self._readers) >= READERS:
                problem = "too many logs are being read; one without viewers is closed with its next line"
                yield _event({"reader": "", "from": 0, "lines": [], "ended": True, "problem": problem})
                return
            reader = self._readers[key] = LogReader(lambda: self._read(*key))
        try:
            async for event in reader.events():
                yield event
        finally:
            reader.leave()


def _event(message: dict[str, object]) -> bytes:
    return f"data: {report.embedded(message)}\n\n".encode("utf-8", "replace")
