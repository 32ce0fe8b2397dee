"""The matrix of all workloads: a row for each, and its changes, for all viewers."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterable, Mapping
from functools import partial
from typing import Any

from pkgops.model import Environment, Snapshot
from pkgops.view import page, report
from pkgops.view.page_stream import Signal

NOT_READ = "unknown"


def row(snapshot: Snapshot) -> dict[str, Any]:
    """Return the row of one workload."""
    blocked = snapshot.blockage
    fields: dict[str, Any] = page.plain(
        {
            "name": snapshot.workload.name if snapshot.workload else "",
            "verdict": str(snapshot.verdict),
            "revision": snapshot.revision,
            "environments": [_environment(one) for one in snapshot.environments],
            "cause": blocked.cause if blocked else "",
        }
    )
    return fields


def unread_row(name: str) -> dict[str, Any]:
    """Return the row of a workload of which only the name was read so far."""
    fields: dict[str, Any] = page.plain({"name": name, "cause": "not read yet"})
    return {**fields, "verdict": NOT_READ, "revision": "", "environments": []}


def _environment(one: Environment) -> dict[str, Any]:
    health = "stale" if one.stale and str(one.verdict) == "ready" else str(one.verdict)
    return {"name": one.name, "health": health, "version": one.version, "revision": one.revision}


class Rows:
    """The rows that are shown now. Set from any thread; viewers get those that changed."""

    def __init__(self) -> None:
        self._number = 0
        self._rows: dict[str, tuple[int, dict[str, Any]]] = {}
        self._gone: dict[str, int] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._signal = Signal()

    @property
    def all(self) -> list[dict[str, Any]]:
        """All rows, by name."""
        with self._lock:
            return [found for _, (_, found) in sorted(self._rows.items())]

    def put(self, names: Iterable[str], rows: Mapping[str, dict[str, Any]]) -> None:
        """Set the present names, and the rows that were read again."""
        with self._lock:
            number = self._number + 1
            known = dict.fromkeys(names)
            for name in [one for one in self._rows if one not in known]:
                del self._rows[name]
                self._gone[name] = self._number = number
            for name in known:
                found = rows.get(name) or (unread_row(name) if name not in self._rows else None)
                if found is not None and (name not in self._rows or self._rows[name][1] != found):
                    self._rows[name] = (number, found)
                    self._gone.pop(name, None)
                    self._number = number
        self._signal.wake()

    def close(self) -> None:
        """Wake all waiting viewers."""
        self._closed = True
        self._signal.wake()

    def __contains__(self, name: object) -> bool:
        """Return whether there is a workload of this name."""
        return name in self._rows

    async def events(self) -> AsyncIterator[bytes]:
        """Yield all rows, and then those that changed, as server-sent events, until closed."""
        sent = 0
        while not self._closed:
            number, message = self._since(sent)
            if number > sent:
                yield f"data: {report.embedded(message)}\n\n".encode("utf-8", "replace")
                sent = number
            else:
                await self._signal.wait(partial(self._newer, sent))
                if not self._newer(sent):
                    yield b": nothing new\n\n"

    def _since(self, sent: int) -> tuple[int, dict[str, Any]]:
        with self._lock:
            rows = [found for at, found in self._rows.values() if at > sent]
            gone = [name for name, at in self._gone.items() if at > sent]
            return self._number, {"whole": not sent, "rows": rows, "gone": gone}

    def _newer(self, sent: int) -> bool:
        return self._number > sent or self._closed
