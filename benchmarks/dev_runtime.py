"""When containers began and ended by containerd's own events; for ``benchmarks/dev.py``.

The kubelet polls the runtime once a second, so the API server reports a container's states late, and the
start and the end of a shorter one together.
"""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

_EVENT = re.compile(
    r"(\S+ \d\d:\d\d:\d\d)(\.\d+)? \+0000 UTC \S+ (?P<topic>/tasks/(start|exit)) (?P<body>\{.*)"
)
_DIGITS = 7
"""The length of a fraction of a second, with its point: Python parses microseconds."""


@dataclass
class Run:
    """When the process of a container began and ended."""

    began: datetime | None = None
    ended: datetime | None = None


class Runtime:
    """Reads the events of an instance's containerd, within the ``with`` block."""

    def __init__(self, socket: Path) -> None:
        self._words = ["ctr", "--address", str(socket), "--namespace", "k8s.io", "events"]
        self.runs: dict[str, Run] = {}

    def __enter__(self) -> Runtime:
        """Start reading."""
        self._process = subprocess.Popen(self._words, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        threading.Thread(target=self.read, args=(self._process.stdout,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop reading."""
        self._process.terminate()
        self._process.wait()

    def read(self, lines: Iterable[str]) -> None:
        """Parse lines of ``ctr events``; those of further processes in a container are ignored."""
        for line in lines:
            found = _EVENT.match(line)
            if found is None:
                continue
            body = json.loads(found["body"])
            name = str(body["container_id"])
            if body.get("id", name) != name:
                continue
            fraction = (found[2] or ".0")[:_DIGITS]
            at = datetime.fromisoformat(f"{found[1]}{fraction.ljust(_DIGITS, '0')}+00:00")
            run = self.runs.setdefault(name, Run())
            if found["topic"] == "/tasks/start":
                run.began = at
            else:
                run.ended = at
