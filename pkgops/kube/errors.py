"""Error responses of an API server, as typed exceptions with a next step."""

from __future__ import annotations

import json
import re
from typing import Any

from pkgops import temporary
from pkgops.errors import Exit, PkgopsError, PreflightError


class Unreachable(PreflightError):
    """The API server did not answer.

    Attributes:
        temporary: whether a retry may succeed; not where the certificate is not trusted.
    """

    slug = "api-unreachable"
    temporary = True


class ClusterDeleted(Unreachable):
    """The cluster does not exist any more, so that waiting for its API server does not help."""

    slug = "cluster-deleted"
    temporary = False


class ApiError(PkgopsError):
    """The API server answered with an error.

    Attributes:
        status: the HTTP status code.
        reason: the machine-readable ``reason`` of the Status object, for example ``NotFound``.
        message: the server's message, verbatim.
        details: the ``details`` of the Status object, possibly empty.
        cluster: the name of the context that the request was sent to, where that is known.
    """

    slug = "api-error"
    cluster = ""

    def __init__(self, status: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message, next=_next_step(status))
        self.status = status
        self.reason = reason
        self.message = message
        self.details = details or {}

    @property
    def temporary(self) -> bool:
        """Whether a retry may succeed."""
        return temporary.of_status(self.status, self.message)


class NotFound(ApiError):
    """404: no such object, or no such kind."""

    slug = "not-found"


class NotServed(NotFound):
    """404: the server serves no such path, so that it is not known which objects exist there.

    A server without that kind responds so, and one that has just started may, before it serves all kinds.
    """


class AlreadyExists(ApiError):
    """409 AlreadyExists."""

    slug = "already-exists"


class Conflict(ApiError):
    """409: the object changed meanwhile, or another field manager owns a field."""

    slug = "conflict"


class Forbidden(ApiError):
    """403: RBAC or an admission plugin of the API server refused."""

    slug = "forbidden"
    exit_code = Exit.UNREACHABLE

    @property
    def summary(self) -> str:
        """Who may not do what, and where; the server's message where it has another form."""
        return self.what if self.what != self.message else self.sentence()

    def sentence(self, namespace: str | None = None) -> str:
        """Who may not do what, and where, from the server's message; the message itself where it has another
        form.

        Args:
            namespace: where, empty for the whole cluster; None for the namespace in the server's message.
        """
        match = _REFUSED.search(self.message)
        if match is None:
            return " ".join(self.message.split())
        where = match["place"] if namespace is None else namespace
        place = f" in {where}" if where else ""
        return f"{match['user']} may not {match['verb']} {match['resource']}{place}"


class Unauthorized(ApiError):
    """401: the credentials are not accepted."""

    slug = "unauthorized"
    exit_code = Exit.UNREACHABLE


class Invalid(ApiError):
    """422 or 400: the object does not pass validation."""

    slug = "invalid"


class Denied(Forbidden):
    """403 that is not about permissions: an admission webhook denied the object."""

    slug = "denied"
    exit_code = ApiError.exit_code

    def __init__(self, status: int, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(status, reason, message, details)
        self.next = "change what the message names in the template or object, then run the command again"


class Gone(ApiError):
    """410: the resource version is too old; list again."""

    slug = "gone"


_REFUSED = re.compile(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]+)"'
    r'(?:.* in the namespace "(?P<place>[^"]+)")?',
    re.DOTALL,
)

_WEBHOOK = re.compile(r'admission webhook "[^"]*" denied the request')
"""The API server's prefix of the message of a webhook that denies a request."""

_NO_PATH = "the server could not find the requested resource"
"""The message of a Status for a path; without a Status the body is ``404 page not found``."""

_PASSING = temporary.STATUSES | {409, 410}
"""Statuses that a second run of the whole command may not get."""

_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
}


def _next_step(status: int) -> str:
    if status == 401:
        return "log in again, or check the user of this context in the kubeconfig"
    if status == 403:
        return "request this permission, or use another context (--context)"
    if status in (400, 422):
        return "change what the message names in the template or object, then run the command again"
    if status in _PASSING:
        return "run the command again: the API server may be able to do in a moment what it cannot do now"
    return ""


def api_error(status: int, body: bytes) -> ApiError:
    """Return the exception of an error response; ``body`` is a Status object or any text."""
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    return status_error(
        parsed if isinstance(parsed, dict) else {}, status, body.decode(errors="replace").strip()
    )


def status_error(document: dict[str, Any], status: int, text: str = "") -> ApiError:
    """Return the exception of a decoded Status object."""
    reason = str(document.get("reason", ""))
    message = str(document.get("message") or text or f"HTTP {status}")
    return _kind(status, reason, message)(status, reason, message, document.get("details"))


def _kind(status: int, reason: str, message: str) -> type[ApiError]:
    if reason == "AlreadyExists":
        return AlreadyExists
    if status == 403 and _WEBHOOK.match(message):
        return Denied
    if status == 404 and (reason != "NotFound" or message == _NO_PATH):
        return NotServed
    return _BY_STATUS.get(status, ApiError)


def is_temporary(error: BaseException | None) -> bool:
    """Return whether an error, or the API server's error that caused it, is temporary."""
    seen = error
    while seen is not None:
        if isinstance(seen, Unreachable | ApiError):
            return seen.temporary
        seen = seen.__cause__
    return False


def raise_temporary(error: Exception) -> None:
    """Raise a temporary error again, so that its caller retries and nothing is reported."""
    if is_temporary(error):
        raise error
