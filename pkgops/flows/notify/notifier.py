"""Sends notifications in the background, in order for each address; retries for a while, then warns."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count

from pkgops.flows.notify.senders import SECONDS, Sender, Unsent, sender
from pkgops.model.announcement import Announcement
from pkgops.settings.notify import NotifySetting

DEADLINE = 15.0
"""Seconds for one announcement to one address."""
LAST = DEADLINE + 2 * SECONDS
"""Seconds for all remaining notifications when a command ends."""
PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between attempts; the last one is repeated."""


class _Listener:
    """One address, and the thread that sends to it."""

    def __init__(self, label: str, kinds: Sequence[str], send: Sender, warn: Callable[[str], None]) -> None:
        self.label, self.kinds, self._send, self._warn = label, kinds, send, warn
        self._left: queue.Queue[Announcement | None] = queue.Queue()
        self.over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)
        self._thread.start()

    def put(self, found: Announcement | None) -> None:
        self._left.put(found)

    def join(self, seconds: float) -> bool:
        self._thread.join(max(seconds, 0.0))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (found := self._left.get()) is not None:
            try:
                self._send_one(found)
            except Unsent as error:
                if not self.over.is_set():
                    self._warn(f"{self.label} was not notified of the {found.kind} ({found.phase}): {error}")

    def _send_one(self, found: Announcement) -> None:
        send, end = self._send(found), time.monotonic() + DEADLINE
        for attempt in count():
            try:
                send()
            except Unsent as error:
                pause = PAUSES[min(attempt, len(PAUSES) - 1)]
                if error.final or time.monotonic() + pause > end:
                    raise
                if self.over.wait(pause):
                    raise
            except Exception as error:
                # An error of a library must not end the thread, and its text may contain an address.
                raise Unsent(type(error).__name__) from error
            else:
                return


class Notifier:
    """All addresses that are notified."""

    def __init__(
        self, settings: Sequence[NotifySetting], environ: Mapping[str, str], warn: Callable[[str], None]
    ) -> None:
        self._warn = warn
        self._listeners: list[_Listener] = []
        for setting in settings:
            try:
                way = sender(setting, environ)
            except Unsent as error:
                warn(f"{setting.label} is not notified: {error}")
                continue
            self._listeners.append(_Listener(setting.label, setting.kinds, way, warn))

    def announce(self, found: Announcement) -> None:
        """Queue an announcement for all addresses; returns at once."""
        for one in self._listeners:
            if found.kind in one.kinds:
                one.put(found)

    def close(self) -> None:
        """Wait until all is sent, or given up."""
        end = time.monotonic() + LAST
        for one in self._listeners:
            one.put(None)
        for one in self._listeners:
            if not one.join(end - time.monotonic()):
                one.over.set()
                self._warn(f"{one.label} was not notified of everything within {LAST:.0f}s")
