"""Controllers with a delay: how long those of an API group wait before they reconcile a change.

The local platform receives a change within milliseconds; controllers on a real cluster need a second or more.
With delays, what follows a run meets every state between two controllers that it meets there.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "delays.json"
"""In the folder of the platform's data: seconds by API group, as in ``{"carto.run": 1.5}``."""
OTHERS = "*"
"""The group that stands for all that are not named."""


class Delays:
    """Reads the file whenever it has changed, so that a running platform turns slow, and quick again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: int | None = None
        self._seconds: dict[str, float] = {}

    def of(self, group: str) -> float:
        """Return how long a group's controllers wait, in seconds; without a file not at all."""
        written = self._changed()
        if written != self._written:
            self._written = written
            self._seconds = self._read() if written is not None else {}
        return self._seconds.get(group, self._seconds.get(OTHERS, 0.0))

    def _changed(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns
        except OSError:
            return None

    def _read(self) -> dict[str, float]:
        try:
            found = {
                str(group): float(seconds) for group, seconds in json.loads(self._path.read_text()).items()
            }
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("%s is not read: %s", self._path, error)
            return {}
        log.info("delays: %s", found)
        return found
