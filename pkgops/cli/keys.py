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
        # A terminal that controls no process group holds none back either.
        return True


class Keys:
    """Tells each key from a thread for as long as the block lasts; nothing where there is no terminal.

    Ctrl-C stays what it is; the terminal is given back as it was.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._before: list[Any] = []

    def __enter__(self) -> Keys:
        """Begin to read, where there is a terminal in the foreground."""
        if available():
            self._before = termios.tcgetattr(sys.stdin)
            tty.setcbreak(sys.stdin)
            self._thread = threading.Thread(target=self._read, name="keys", daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the terminal back."""
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
                self._tell(key.decode(errors="replace"))
