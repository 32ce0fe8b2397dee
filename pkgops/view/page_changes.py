"""Changes that a page may make where that was allowed: a plan is shown, then exactly that is carried out.

One at a time: a request meanwhile is refused. A plan is carried out once, and only if no other one
was made since.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pkgops.errors import PkgopsError, RefusedError, UsageError
from pkgops.view import errors, page
from pkgops.view.page_stream import Latest

ACTIONS = ("rerun", "promote", "rollback")
BODY = 4096
"""Bytes of a request at most."""
NOTES = 20
"""At most so many lines of progress are shown."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """A requested change: an action, and its environment or stage."""

    action: str
    environment: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A planned change.

    Attributes:
        command: the command that does the same.
        question: the question that the user confirms.
        text: what would change, as the command's dry run shows it.
        refused: why it would be refused now; empty where it would not.
        run: carries out exactly this plan, and returns its result; its argument gets messages.
    """

    command: str
    question: str
    text: str
    refused: str
    run: Callable[[Callable[[str], None]], str]


Planning = Callable[[ChangeRequest], Plan]
"""Plans a change; raises PkgopsError where that is not possible."""


def parse_request(body: bytes) -> ChangeRequest:
    """Return the change that the body of a request contains.

    Raises:
        UsageError: there is no such change.
    """
    try:
        found = json.loads(body)
        texts = {name: found.pop(name, "") for name in ("action", "environment", "stage")}
        if found or texts["action"] not in ACTIONS or not all(isinstance(one, str) for one in texts.values()):
            raise ValueError("no such change")
        return ChangeRequest(**texts)
    except (AttributeError, TypeError, ValueError) as error:
        raise UsageError("this is not a change that the page supports", slug="bad-request") from error


class Changes:
    """The routes that change something, and the running change."""

    def __init__(self, planning: Planning, latest: Latest) -> None:
        self._planning = planning
        self._latest = latest
        self._one = threading.Lock()
        self._planned: tuple[str, Plan] | None = None
        self._thread: threading.Thread | None = None

    @property
    def routes(self) -> list[Route]:
        """The routes for changes of a page."""
        return [
            Route("/changes/plan", self.plan, methods=["POST"]),
            Route("/changes/run", self.run, methods=["POST"]),
        ]

    async def plan(self, request: Request) -> Response:
        """Respond with the plan of a change."""
        if not self._one.acquire(blocking=False):
            return _refusal(_busy())
        try:
            asked = parse_request(await _body(request))
            plan = await run_in_threadpool(self._planning, asked)
        except PkgopsError as error:
            return _refusal(error)
        finally:
            self._one.release()
        self._planned = secrets.token_hex(8), plan
        fields = {"id": self._planned[0], "command": plan.command, "question": plan.question}
        return JSONResponse(page.plain({**fields, "text": plan.text, "refused": plan.refused}))

    async def run(self, request: Request) -> Response:
        """Start to carry out the last plan."""
        try:
            asked = json.loads(await _body(request) or b"null")
        except (PkgopsError, ValueError):
            asked = None
        if not self._one.acquire(blocking=False):
            return _refusal(_busy())
        planned, self._planned = self._planned, None
        if planned is None or asked != {"id": planned[0]} or planned[1].refused:
            self._one.release()
            return _refusal(
                RefusedError(
                    "nothing was changed: this is not the last plan",
                    next="plan the change again",
                    slug="not-planned",
                )
            )
        self._thread = threading.Thread(target=self._carry_out, args=planned, name="page-change", daemon=True)
        self._thread.start()
        return JSONResponse({"id": planned[0]}, 202)

    def wait(self) -> None:
        """Wait until the running change has ended."""
        if self._thread is not None:
            self._thread.join()

    @property
    def busy(self) -> bool:
        """Whether a change is running."""
        return self._thread is not None and self._thread.is_alive()

    def _carry_out(self, id: str, plan: Plan) -> None:
        notes = deque[str](maxlen=NOTES)

        def report(state: str, **more: Any) -> None:
            doing = {"id": id, "command": plan.command, "state": state, "notes": list(notes), **more}
            self._latest.put({"doing": page.plain({"text": "", "error": None, **doing})})

        def note(text: str) -> None:
            notes.append(text)
            report("working")

        report("working")
        state, more = _ended(plan, note)
        # First: a page that shows the end may plan the next change at once.
        self._one.release()
        report(state, **more)


def _ended(plan: Plan, note: Callable[[str], None]) -> tuple[str, dict[str, Any]]:
    """Carry out a plan; return the state in which it ended, with its text or its error."""
    try:
        return "done", {"text": plan.run(note)}
    except PkgopsError as error:
        return "failed", {"error": errors.document(error)}
    except Exception as bug:
        return "failed", {"error": errors.document(_bug(bug))}


def _bug(bug: Exception) -> PkgopsError:
    why = f"{type(bug).__name__}: {bug}"
    return PkgopsError("This is a bug in pkgops, not in what you did.", why=why, slug="bug")


async def _body(request: Request) -> bytes:
    if request.headers.get("content-type") != "application/json":
        raise UsageError("a change is requested in JSON", slug="bad-request")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY:
            raise UsageError("the request is too large", slug="bad-request")
    return body


def _busy() -> RefusedError:
    return RefusedError(
        "nothing was changed: another change is being planned or made",
        next="wait until it has ended",
        slug="busy",
    )


def _refusal(error: PkgopsError) -> Response:
    status = 400 if isinstance(error, UsageError) else 409
    return JSONResponse(page.plain(dict(errors.document(error))), status)
