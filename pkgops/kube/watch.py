"""One open watch: an iterator of events that any thread can stop."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping

from pkgops.kube.connections import BROKEN
from pkgops.kube.endpoint import unreachable
from pkgops.kube.errors import status_error
from pkgops.kube.transport import Transport
from pkgops.kube.types import WatchEvent

# The server ends a watch after this time; no data for longer means a broken connection.
SERVER_SECONDS = 290
READ_SECONDS = 310.0


class Watch(Iterator[WatchEvent]):
    """The events of one watch request; ends when the server ends it or :meth:`stop` is called.

    Raises while iterating:
        Gone: the resource version is too old.
        Unreachable: the connection broke.
    """

    def __init__(
        self, transport: Transport, path: str, query: Mapping[str, str], stop: threading.Event | None = None
    ) -> None:
        self._endpoint = transport.endpoint
        self._stop = stop or threading.Event()
        self._closed = False
        self._answer = transport.stream(
            path, query={**query, "timeoutSeconds": str(SERVER_SECONDS)}, read_seconds=READ_SECONDS
        )
        self._lines = transport.lines(self._answer)

    def __next__(self) -> WatchEvent:
        if self._ended():
            self.close()
            raise StopIteration
        try:
            return _event(next(self._lines))
        except StopIteration:
            raise
        except (*BROKEN, ValueError) as error:
            if self._ended():
                raise StopIteration from None
            raise unreachable(self._endpoint, error) from error

    def stop(self) -> None:
        """End the iteration in the thread that reads; may be called from any thread."""
        self._closed = True
        with contextlib.suppress(OSError, ValueError, RuntimeError, AttributeError):
            self._answer.shutdown()

    def close(self) -> None:
        """Close the connection; from the thread that reads, as http.client closes it there too at its end."""
        self._closed = True
        self._answer.close()

    def _ended(self) -> bool:
        return self._closed or self._stop.is_set()


def _event(line: bytes) -> WatchEvent:
    parsed = json.loads(line)
    if parsed["type"] == "ERROR":
        status = parsed["object"]
        raise status_error(status, int(status.get("code") or 500))
    return WatchEvent(parsed["type"], parsed["object"])
