"""The page of all workloads, and below it the page of each, which is created when it is opened."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import Receive, Scope, Send

from pkgops.view import page as pages
from pkgops.view import report
from pkgops.view.page_access import Access
from pkgops.view.page_app import VIEWERS, Bounded, routes
from pkgops.view.page_changes import Changes, Planning
from pkgops.view.page_logs import Read
from pkgops.view.page_rows import Rows
from pkgops.view.page_stream import Latest

OPEN = 100
"""How many pages of workloads are kept; beyond, those that are not open are created again."""
FIRST = 20.0
"""Seconds after which a page shows that there is no data yet."""


class Site:
    """The page of one workload."""

    def __init__(self, access: Access, read: Read, planning: Planning | None) -> None:
        self.latest = Latest()
        self.changes = Changes(planning, self.latest) if planning else None
        served = routes(access, self.latest, read) + (self.changes.routes if self.changes else [])
        self.app = Starlette(routes=served)
        self._moment: dict[str, Any] | None = None
        self.waiting = 0
        """How many requests wait for the page."""

    def put(self, moment: dict[str, Any], about: Mapping[str, Any]) -> None:
        """Set the present data; nothing is sent where nothing has changed."""
        if self.latest.data is None or self._moment is None or not pages.same(self._moment, moment):
            self._moment = moment
            self.latest.put(pages.packed([moment], about))

    @property
    def wanted(self) -> bool:
        """Whether it has viewers, is waited for, or carries out a change."""
        busy = self.changes is not None and self.changes.busy
        return self.latest.viewers > 0 or self.waiting > 0 or busy


class Workloads:
    """The routes of the pages of all workloads.

    Args:
        about: the description of the page of all.
        read: reads the log of a container.
        planning: returns the function that plans changes of one workload; None where none may be made.
        wake: called when a request waits for a page.
    """

    def __init__(
        self,
        about: Mapping[str, Any],
        read: Read,
        planning: Callable[[str], Planning] | None,
        wake: Callable[[], None],
    ) -> None:
        self.rows = Rows()
        self._about = about
        self._read = read
        self._planning = planning
        self._wake = wake
        self._sites: dict[str, Site] = {}
        self._lock = threading.Lock()
        self._access: Access | None = None

    def routes(self, access: Access) -> list[BaseRoute]:
        """Return the routes below an address."""
        self._access = access
        viewers = Bounded(VIEWERS)

        async def page(_: Request) -> Response:
            data = {**self._about, "workloads": self.rows.all, "events": "events"}
            text = report.document(data).encode("utf-8", "replace")
            return HTMLResponse(text, headers={"Set-Cookie": access.cookie})

        async def events(_: Request) -> Response:
            return await viewers.response(self.rows.events())

        return [
            Route("/", page),
            Route("/events", events),
            Mount("/workloads/{name}", app=self._one),
        ]

    async def _one(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = str(scope["path_params"]["name"])
        if name not in self.rows:
            await PlainTextResponse("there is no such workload\n", 404)(scope, receive, send)
            return
        site = self._site(name)
        if scope["path"].removeprefix(scope.get("root_path", "")) != "/":
            await site.app(scope, receive, send)
            return
        if not site.wanted:
            # The data from when the last viewer left may be old.
            site.latest.clear()
        site.waiting += 1
        try:
            self._wake()
            await site.latest.wait_for_data(FIRST)
            await site.app(scope, receive, send)
        finally:
            site.waiting -= 1

    def _site(self, name: str) -> Site:
        assert self._access is not None
        with self._lock:
            if name not in self._sites:
                if len(self._sites) >= OPEN:
                    self._sites = {known: one for known, one in self._sites.items() if one.wanted}
                planning = self._planning(name) if self._planning else None
                self._sites[name] = Site(self._access, self._read, planning)
            return self._sites[name]

    @property
    def wanted(self) -> list[str]:
        """The names of the workloads whose pages have viewers."""
        with self._lock:
            return [name for name, one in self._sites.items() if one.wanted]

    def put(self, name: str, moment: dict[str, Any], about: Mapping[str, Any]) -> None:
        """Set the present data of a workload's page."""
        with self._lock:
            site = self._sites.get(name)
        if site is not None:
            site.put(moment, about)

    @property
    def busy(self) -> bool:
        """Whether a change is running."""
        return any(one.changes.busy for one in self._sites.values() if one.changes)

    def wait(self) -> None:
        """Wait until the running changes have ended."""
        for one in list(self._sites.values()):
            if one.changes:
                one.changes.wait()

    def close(self) -> None:
        """Wake all that wait."""
        self.rows.close()
        for one in list(self._sites.values()):
            one.latest.close()
