"""Checks by HTTP: one request to a ready pod through a port-forward, and the expected response."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from pkgops.flows.verification.result import Checked, Outcome
from pkgops.settings import HttpCheck

BODY_BYTES = 1024 * 1024
"""How much of a body is read; the rest is not searched."""


@dataclass(frozen=True, slots=True)
class CheckResponse:
    """A response: headers by their lower-case names, and the body as far as it was read."""

    status: int
    headers: Mapping[str, str]
    body: str
    whole: bool = True


class NoResponse(Exception):
    """There was no response, or not in time; the message contains which."""


def ask(port: int, check: HttpCheck, host: str) -> CheckResponse:
    """Send the request of a check to a loopback port and return the whole response.

    Args:
        port: the port.
        check: what to send, and how long to wait.
        host: the Host header, by which Knative selects the application; empty for the default one.

    Raises:
        NoResponse: the connection fails or is closed, or the response is not complete in time.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=check.deadline)
    try:
        connection.connect()
        with _deadline(connection.sock, check.deadline):
            connection.request(check.method, check.path, headers={"Host": host} if host else {})
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            body = response.read(BODY_BYTES)
            whole = not response.read(1)
        return CheckResponse(response.status, headers, body.decode(errors="replace"), whole)
    except TimeoutError as error:
        raise NoResponse(f"no answer within {check.deadline:g}s") from error
    except (OSError, http.client.HTTPException) as error:
        raise NoResponse(f"no answer: {type(error).__name__}: {error}") from error
    finally:
        connection.close()


@contextmanager
def _deadline(sock: socket.socket, seconds: float) -> Iterator[None]:
    """Close a connection after so many seconds, also while its response is still arriving."""
    over = threading.Event()

    def cut() -> None:
        over.set()
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        if over.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError


def judge(check: HttpCheck, answer: CheckResponse) -> Checked:
    """Return whether a response is what a check expects; the evidence is what differs."""
    wrong = []
    if answer.status != check.status:
        wrong.append(f"HTTP {answer.status}, not {check.status}")
    for name, wanted in check.headers:
        value = answer.headers.get(name.lower())
        if value is None or wanted not in value:
            # Not the value: a cookie or a token would be written into records and logs.
            wrong.append(f"header {name} {'is missing' if value is None else f'lacks {wanted!r}'}")
    if check.text not in answer.body:
        where = "the body" if answer.whole else f"the first {BODY_BYTES} bytes of the body"
        wrong.append(f"{check.text!r} is not in {where}")
    if wrong:
        return Checked(name=check.name, outcome=Outcome.FAILED, evidence="; ".join(wrong))
    return Checked(name=check.name, outcome=Outcome.PASSED, evidence=f"HTTP {answer.status}")


def run(port: int, check: HttpCheck, host: str) -> Checked:
    """Carry out a check through a loopback port."""
    try:
        return judge(check, ask(port, check, host))
    except NoResponse as error:
        return Checked(name=check.name, outcome=Outcome.FAILED, evidence=str(error))
