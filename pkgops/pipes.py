"""The output of a program, read while it runs."""

from __future__ import annotations

import threading
from typing import IO

LEFT_SECONDS = 2.0
"""How long the end of an output is waited for after its program: one that it started may keep it open."""


class PipeReader:
    """Reads a pipe in a thread of its own; ``None`` is an output that is not read."""

    def __init__(self, pipe: IO[bytes] | None) -> None:
        self._pipe = pipe
        self._chunks: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        if pipe is not None:
            self._thread.start()

    def text(self) -> str:
        """Return what was written; call it once the program has ended."""
        if self._pipe is not None:
            self._thread.join(LEFT_SECONDS)
        return b"".join(self._chunks).decode(errors="replace")

    def _read(self) -> None:
        assert self._pipe is not None
        with self._pipe as pipe:
            while chunk := pipe.read1(1 << 16):  # type: ignore[attr-defined]
                self._chunks.append(chunk)
