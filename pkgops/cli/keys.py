"""Single keys of a terminal, read while a command works."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable
from types import TracebackType
from typing import Any

PAUSE = 0.2


def available() -> bool:
    """Whether keys can be read: from a terminal, and not in the background, where reading stops a process."""
    if not sys.stdin.isatty():
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        # A terminal without a foreground process group does not stop background processes either.
        return True


class Keys:
    """Calls a function with each key, from a thread, for as long as the block lasts; not without a terminal.

    Ctrl-C still interrupts; the terminal's settings are restored at the end.
    """

    def __init__(self, on_key: Callable[[str], None]) -> None:
        self._on_key = on_key
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._before: list[Any] = []

    def __enter__(self) -> Keys:
        """Start to read, where there is a terminal in the foreground."""
        if available():
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
            self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Restore the terminal's settings."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, self._before)

    def _read(self) -> None:
        while not self._stop.is_set():
            if select.select([sys.stdin], [], [], PAUSE)[0]:
                key = os.read(sys.stdin.fileno(), 1)
                if not key:
                    return
                self._on_key(key.decode(errors="replace"))
