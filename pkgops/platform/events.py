"""Kubernetes Events, written in a thread of their own so that reconcilers do not wait for the requests."""

from __future__ import annotations

import contextlib
import hashlib
import queue
import threading
from collections.abc import Callable
from datetime import datetime

from pkgops.errors import PkgopsError
from pkgops.kube import Client, Obj
from pkgops.platform.conditions import timestamp

QUEUE_SIZE = 1000


class EventRecorder:
    """Records events; a repeated event increments its count."""

    def __init__(self, client: Client, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now
        self._queue: queue.Queue[Obj | None] = queue.Queue(QUEUE_SIZE)
        threading.Thread(target=self._write, name="events", daemon=True).start()

    def record(self, obj: Obj, type: str, reason: str, message: str, component: str) -> None:
        """Record an event of an object; it is dropped if the queue is full."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(
                event_object(obj, type, reason, message, component, timestamp(self._now()))
            )

    def stop(self) -> None:
        """End the thread once it has written the queued events; does not wait for that."""
        with contextlib.suppress(queue.Full):
            self._queue.put_nowait(None)

    def _write(self) -> None:
        while (event := self._queue.get()) is not None:
            with contextlib.suppress(PkgopsError):
                self._save(event)

    def _save(self, event: Obj) -> None:
        meta = event["metadata"]
        known = self._client.find("v1", "Event", meta["name"], meta["namespace"])
        if known is None:
            self._client.create(event)
            return
        patch = {"count": int(known.get("count") or 1) + 1, "lastTimestamp": event["lastTimestamp"]}
        self._client.patch("v1", "Event", meta["name"], meta["namespace"], patch)


def event_object(obj: Obj, type: str, reason: str, message: str, component: str, time: str) -> Obj:
    """Return an Event whose name is derived from its content, so that a repeated event has the same name."""
    meta = obj["metadata"]
    namespace = meta.get("namespace") or "default"
    content = "\0".join((str(meta.get("uid")), type, reason, message))
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{digest}", "namespace": namespace},
        "involvedObject": {
            "apiVersion": obj["apiVersion"],
            "kind": obj["kind"],
            "name": meta["name"],
            "namespace": meta.get("namespace", ""),
            "uid": meta.get("uid", ""),
            "resourceVersion": meta.get("resourceVersion", ""),
        },
        "type": type,
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "reportingComponent": component,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }
