"""Commands in processes of their own that are killed while the API server in memory holds back an answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading

from commands_kit import Commands
from memory_api import MemoryApi, Refused

CARTO = "carto.run/v1alpha1"


class Held:
    """A request that is not answered for long: the ``nth`` of its kind from a patch of a Deliverable on.

    That patch is the first, or the ``change``-th where a command makes several changes.
    """

    def __init__(
        self, api: MemoryApi, deliverable: str, method: str, part: str, *, nth: int = 1, change: int = 1
    ) -> None:
        self.api, self.deliverable, self.change = api, deliverable, change
        self.method, self.part, self.nth = method, part, nth
        self.first = len(api.requests)
        self.reached, self.over = threading.Event(), threading.Event()

    @property
    def times(self) -> int:
        made = self.api.requests[self.first :]
        patched = [
            number
            for number, (method, path) in enumerate(made)
            if method == "PATCH" and self.deliverable in path
        ]
        if len(patched) < self.change or self.over.is_set():
            return 0
        since = made[patched[self.change - 1] :]
        return int(sum(method == self.method and self.part in path for method, path in since) >= self.nth)

    @times.setter
    def times(self, _: int) -> None:
        """It holds until it is over."""

    @property
    def refused(self) -> Refused:
        self.reached.set()
        self.over.wait(60)
        return Refused(503, "ServiceUnavailable", "gone")


def started(commands: Commands, argv: list[str]) -> subprocess.Popen[bytes]:
    """Begin a command in a process of its own, by a user of the cluster; what it prints is on its output."""
    path = commands.api.kubeconfig(commands.folder / "started.kubeconfig", user="jane")
    return subprocess.Popen(
        [sys.executable, "-c", f"from pkgops.cli.main import main; main({argv!r})"],
        env={**os.environ, "KUBECONFIG": str(path)},
        cwd=commands.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def killed(commands: Commands, words: tuple[str, ...], step: Held) -> None:
    """Run a command in a process of its own, and kill it at a request."""
    commands.api.faults.append(step)
    process = started(commands, [*words, "--yes", "--context", "memory"])
    try:
        reached = step.reached.wait(90)
        process.send_signal(signal.SIGKILL)
        said, _ = process.communicate()
        assert reached, said.decode()
    finally:
        process.kill()
        step.over.set()
