"""Write the objects that a command reads as a recording, without secrets."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from pkgops.errors import UsageError
from pkgops.flows.ports import utc_now
from pkgops.pipeline import recording
from pkgops.pipeline.object_store import ObjectStore

HIDDEN = "(hidden)"
_SECRET_NAME = re.compile(r"passw|token|secret|credential|api.?key|private.?key|authorization", re.IGNORECASE)
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/@\s\"']+@")
_DROPPED = ("managedFields",)
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class FileRecorder:
    """Appends one line for each event to a file that only its owner may read; thread-safe."""

    def __init__(self, path: Path, now: Callable[[], datetime] = utc_now) -> None:
        """Open the file.

        Raises:
            UsageError: the file cannot be written.
        """
        self._now = now
        self._lock = threading.Lock()
        self._began = now()
        try:
            path.touch(mode=0o600)
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise UsageError(f"cannot write {path}", why=str(error), slug="record-file") from error
        self._line(recording.START, {"time": self._began.isoformat()})

    def write(self, type: str, obj: dict[str, Any]) -> None:
        """Write one event; Secrets are left out, secret values hidden."""
        if obj.get("kind") == "Secret":
            return
        self._line(type, cleaned(obj))

    def write_list(self, store: ObjectStore) -> None:
        """Write the objects of a store, and which kinds could not be listed."""
        if store.unreadable:
            self.write(recording.UNREADABLE, recording.unreadable_body(store.unreadable))
        for obj in store:
            self.write("ADDED", obj)

    def registry(self, answer: dict[str, Any]) -> None:
        """Write the response of a registry."""
        self._line(recording.REGISTRY, cleaned(answer))

    def _line(self, type: str, body: dict[str, Any]) -> None:
        seconds = round((self._now() - self._began).total_seconds(), 3)
        text = json.dumps({"t": seconds, "type": type, "object": body}, separators=(",", ":"))
        with self._lock:
            self._file.write(text + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._file.close()

    def __enter__(self) -> FileRecorder:
        """Return itself; closed at the end of the block."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()


def save(path: Path, store: ObjectStore, now: Callable[[], datetime] = utc_now) -> None:
    """Write the objects of a store as a recording of one moment.

    Raises:
        UsageError: the file cannot be written.
    """
    with FileRecorder(path, now) as recorder:
        recorder.write_list(store)


def cleaned(value: Any, key: str = "") -> Any:
    """Return a JSON value with secrets replaced: by the name of a field or variable, and in URLs."""
    if isinstance(value, dict):
        return _mapping(value)
    if isinstance(value, list):
        return [cleaned(item, key) for item in value]
    if isinstance(value, str):
        return _USERINFO.sub(rf"\g<scheme>{HIDDEN}@", value)
    return value


def _mapping(value: dict[str, Any]) -> dict[str, Any]:
    found = {}
    named = str(value.get("name") or "")
    for key, item in value.items():
        if key in _DROPPED or key == _LAST_APPLIED:
            continue
        hide = isinstance(item, str) and (
            (key == "value" and _SECRET_NAME.search(named)) or _is_secret_key(key)
        )
        found[key] = HIDDEN if hide else cleaned(item, key)
    return found


def _is_secret_key(key: str) -> bool:
    """Whether a field contains a secret itself; names of Secrets (secretRef, secretName) are not secret."""
    return key.lower() in ("password", "token", "bearertoken", "authorization", ".dockerconfigjson")
