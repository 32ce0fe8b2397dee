"""Serves the page of a pipeline on this machine, and sends it changes as server-sent events."""

from __future__ import annotations

import secrets
import socket
import threading

import uvicorn

from pkgops.view.page_access import HOST, Access
from pkgops.view.page_app import application, routes
from pkgops.view.page_changes import Changes, Planning
from pkgops.view.page_logs import Read
from pkgops.view.page_stream import Latest
from pkgops.view.page_workloads import Workloads

CONNECTIONS = 200
"""How many connections and requests there may be at once; more are refused."""
LETTING_GO = 2
"""Seconds that running responses get at the end."""


class PageServer:
    """Serves one page at ``address`` until it ends, in a thread of its own."""

    def __init__(
        self,
        read: Read,
        port: int = 0,
        token: str = "",
        planning: Planning | None = None,
        workloads: Workloads | None = None,
    ) -> None:
        """Listen on loopback; port 0 is a free one, and without a token a new one is generated.

        ``read`` reads the log of a container on the page. Without ``planning`` nothing can be changed.
        With ``workloads`` their page is served, and not that of one.

        Raises:
            OSError: the port is taken.
        """
        self._socket = socket.create_server((HOST, port))
        self.port: int = self._socket.getsockname()[1]
        self.access = Access(token or secrets.token_urlsafe(24), self.port)
        self.latest = Latest()
        self.changes = Changes(planning, self.latest) if planning else None
        self._workloads = workloads
        own = routes(self.access, self.latest, read) + (self.changes.routes if self.changes else [])
        self.routes = [(one.path, sorted(one.methods or ())) for one in own]
        served = workloads.routes(self.access) if workloads else own
        config = uvicorn.Config(
            application(self.access, served),
            http="h11",
            ws="none",
            lifespan="off",
            # The address contains the token: nothing is logged.
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=LETTING_GO,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="page", daemon=True
        )

    @property
    def address(self) -> str:
        """The address to open; it contains the token."""
        return self.access.address

    @property
    def busy(self) -> bool:
        """Whether a change is running."""
        return any(one is not None and one.busy for one in (self.changes, self._workloads))

    def wait(self) -> None:
        """Wait until the running changes have ended."""
        for one in (self.changes, self._workloads):
            if one is not None:
                one.wait()

    def begin(self) -> None:
        """Start to serve requests."""
        self._thread.start()

    def end(self) -> None:
        """Stop, and close every viewer's connection."""
        self.latest.close()
        if self._workloads is not None:
            self._workloads.close()
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join()
        self._socket.close()
