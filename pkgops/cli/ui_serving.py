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
class PageOptions:
    """The options of the served page; without ``planning`` nothing may be changed.

    ``options`` are those of a command for the same cluster.
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
        """The names of the configured environments, in the order of delivery."""
        return [one.name for one in self.target.settings.environments]


def start(server: PageServer, config: PageOptions) -> None:
    """Start to serve, and print the address."""
    server.begin()
    print(server.address, flush=True)
    if config.open and not open_address(server.address):
        config.ports.note("no browser could be opened; open the address yourself")


@contextmanager
def served(serve: Callable[[str], PageServer], config: PageOptions) -> Iterator[PageServer]:
    """Serve for as long as the block lasts, and until a running change has ended.

    Raises:
        UsageError: the port is taken, or its address cannot be stored.
    """
    port = config.port
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
        # An interrupt is the normal end.
        config.ports.note("the page is no longer served; the cluster is not changed")
    finally:
        if server.busy:
            # A change of an environment ends by itself, and its result is recorded.
            config.ports.note(
                "the change that was started on the page continues until it has ended; then this ends"
            )
            server.wait()
        server.end()
