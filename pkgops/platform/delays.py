"""Delays of controllers: how long those of an API group wait before they reconcile a change.

The local platform reconciles a change within milliseconds; controllers on a real cluster take a second or
more. With delays, code that watches a run can be tested with the intermediate states of a real cluster.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

log = logging.getLogger(__name__)

FILE = "delays.json"
"""The file in the platform's data folder: seconds by API group, as in ``{"carto.run": 1.5}``."""
OTHERS = "*"
"""The key for all groups that are not named."""


class Delays:
    """The delays in the file, which is read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: int | None = None
        self._seconds: dict[str, float] = {}

    def of(self, group: str) -> float:
        """Return the delay of a group's controllers in seconds; 0 without a file."""
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
            delays = {
                str(group): float(seconds) for group, seconds in json.loads(self._path.read_text()).items()
            }
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("%s is not read: %s", self._path, error)
            return {}
        log.info("delays: %s", delays)
        return delays
