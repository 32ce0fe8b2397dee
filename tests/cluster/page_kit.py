"""``pkgops ui`` on the tests' cluster, and a browser that looks at its page."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pipeline_kit import PROGRAM


@dataclass
class PipelinePage:
    """A page that is open in a browser, and the command that serves it at one port.

    Attributes:
        page: the page in the browser.
        complaints: errors of its scripts.
    """

    page: Any
    port: int
    name: str
    complaints: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    def serve(self) -> str:
        """Start the command; return the address that it prints."""
        words = ["ui", self.name, "--no-open", "--allow-changes", "--port", str(self.port)]
        self._process = subprocess.Popen([str(PROGRAM), *words], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def end(self, number: int = signal.SIGINT) -> None:
        """End the command by a signal."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()

    @property
    def lost(self) -> Any:
        """What the page says while the command does not answer."""
        return self.page.get_by_role("status").get_by_text("The connection to pkgops is lost")

    def stage(self, title: str, state: str = "") -> Any:
        """The first stage of that title in the graph, in any state or in one."""
        return self.page.locator(f".node[aria-label*='{title}, {state}']").first

    def environment(self, name: str) -> Any:
        """The row of an environment."""
        row = self.page.get_by_role("rowheader", name=name, exact=True)
        return self.page.locator("section[aria-labelledby=matrix] tbody tr").filter(has=row)


@contextmanager
def looked_at(chromium: Any, name: str) -> Iterator[PipelinePage]:
    """Open the page of a workload."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    context = chromium.new_context()
    found = PipelinePage(context.new_page(), port, name)
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.goto(found.serve())
    yield found
    context.close()
    found.end()
    assert found.complaints == []
