"""Serve a page of ``pkgops ui`` until it is interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkgops.cli import page_token
from pkgops.cli.leave import open_address
from pkgops.errors import UsageError

if TYPE_CHECKING:
    from pkgops.flows.ports import Ports
    from pkgops.flows.target import Target
    from pkgops.view.page_changes import Planning
    from pkgops.view.page_logs import Read
    from pkgops.view.page_server import PageServer


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is served, and how; without ``planning`` nothing may be changed.

    ``options`` are those that a command for the same cluster takes.
    """

    target: Target
    ports: Ports
    read: Read
    planning: Callable[[str], Planning] | None
    port: int
    open: bool
    options: Sequence[str] = ()

    @property
    def environments(self) -> list[str]:
        """The names of the environments that the configuration has, in the order of delivery."""
        return [one.name for one in self.target.settings.environments]


def tell(server: PageServer, asked: Asked) -> None:
    """Begin to serve, and print where."""
    server.begin()
    print(server.address, flush=True)
    if asked.open and not open_address(server.address):
        asked.ports.note("no browser could be opened; open the address yourself")


@contextmanager
def served(serve: Callable[[str], PageServer], asked: Asked) -> Iterator[PageServer]:
    """Serve for as long as the block lasts, and until a change that was begun has ended.

    Raises:
        UsageError: the port is taken, or its address cannot be kept.
    """
    port = asked.port
    try:
        server = serve(page_token.of_port(port) if port else "")
    except OSError as error:
        raise UsageError(
            f"port {port} cannot be listened on",
            why=os.strerror(error.errno) if error.errno else str(error),
            next="leave --port out, for a free port, or name another one",
            slug="port-taken",
        ) from error
    try:
        yield server
    except KeyboardInterrupt:
        # That is how it is meant to end.
        asked.ports.note("the page is served no more; on the cluster nothing has changed by that")
    finally:
        if server.busy:
            # What changes an environment ends by itself, and its record has how.
            asked.ports.note(
                "the change that was begun on the page goes on until it has ended; then this ends"
            )
            server.wait()
        server.end()
