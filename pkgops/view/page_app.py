"""The routes of a page's server: the page, its events, and the logs of the containers on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pkgops.view import page as pages
from pkgops.view import report
from pkgops.view.page_access import Access
from pkgops.view.page_logs import Logs, Read
from pkgops.view.page_stream import Latest

VIEWERS = 40
"""The maximal number of pages that get changes at the same time."""
REFUSAL = (
    "not allowed: open the address that pkgops ui printed last; an earlier one may not be served any more\n"
)
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Bounded:
    """Limits the number of concurrent streams."""

    def __init__(self, places: int) -> None:
        self._free = asyncio.Semaphore(places)

    async def response(self, events: AsyncIterator[bytes]) -> Response:
        """Return the response that streams these events; an error at the limit."""
        if self._free.locked():
            return PlainTextResponse("too many viewers\n", 503)
        # The response releases its place, also where it is not read to its end.
        await self._free.acquire()
        return _Stream(events, self._free)


class _Stream(StreamingResponse):
    def __init__(self, events: AsyncIterator[bytes], place: asyncio.Semaphore) -> None:
        super().__init__(events, media_type="text/event-stream")
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._place.release()


def routes(access: Access, latest: Latest, read: Read) -> list[Route]:
    """Return the read-only routes of one page; ``read`` reads a container's log."""
    viewers = Bounded(VIEWERS)
    log_viewers = Bounded(VIEWERS)
    known = Logs(read)

    async def page(_: Request) -> Response:
        if latest.data is None:
            return PlainTextResponse("nothing is known yet\n", 503)
        text = report.document({**latest.data, "events": "events"})
        return HTMLResponse(text.encode("utf-8", "replace"), headers={"Set-Cookie": access.cookie})

    async def events(_: Request) -> Response:
        return await viewers.response(latest.events())

    async def logs(request: Request) -> Response:
        asked = request.query_params
        key = asked.get("namespace", ""), asked.get("pod", ""), asked.get("container", "")
        # Only the logs of pods on the page can be read.
        if key not in pages.containers(latest.data or {}):
            return PlainTextResponse("there is no such container on the page\n", 404)
        return await log_viewers.response(known.follow(key))

    return [Route("/", page), Route("/events", events), Route("/logs", logs)]


def application(access: Access, served: Sequence[BaseRoute]) -> ASGIApp:
    """Return the ASGI application that serves routes to allowed requests."""
    return Guard(Starlette(routes=[Mount(access.path.rstrip("/"), routes=served)]), access)


class Guard:
    """Refuses requests that are not allowed, and adds the security headers to every response."""

    def __init__(self, inner: ASGIApp, access: Access) -> None:
        self._inner = inner
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        if scope["type"] != "http":
            # There are no other types of requests, and lifespan events need nothing.
            return

        async def send_message(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        allowed = self._access.allows(scope["method"], scope["path"], Headers(scope=scope))
        inner = self._inner if allowed else PlainTextResponse(REFUSAL, 403)
        await inner(scope, receive, send_message)
