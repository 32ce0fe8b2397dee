"""When a request is sent again, and after how long. Pure.

A read is sent again after any temporary error; a write only where a second one changes nothing more than the
first, where it was never sent, or where the server reports that it did not carry it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pkgops import temporary
from pkgops.errors import PkgopsError
from pkgops.kube.connections import ApiRequest
from pkgops.kube.errors import ApiError, Unreachable
from pkgops.values import Value

THROTTLE_RETRIES = 5
"""How often a request is sent again that the server throttles, whatever the policy."""
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
LONGEST_RETRY_AFTER = 10.0
NOTICED_SECONDS = 1.0
"""``waiting`` is called so long after the first try; most temporary errors are over before."""
FIRST_CONTACT_SECONDS = 3.0
"""The limit for a server that has never answered: its address is more likely wrong than it restarts."""

_REPEATABLE_PATCHES = frozenset({"application/apply-patch+yaml", "application/merge-patch+json"})


Waiting = Callable[[PkgopsError], None]
"""Called with the temporary error for which a request is sent again, by the thread that sends it."""

Deleted = Callable[[], PkgopsError | None]
"""Returns the error where the cluster of a server that does not answer does not exist any more."""


def _ignore(_: PkgopsError) -> None:
    return None


def _exists() -> None:
    return None


def _never() -> bool:
    return False


class RetryPolicy(Value, kw_only=True):
    """How long a request is tried again, by which clock.

    ``waiting`` is called once for each request, and only where retrying takes NOTICED_SECONDS or longer.
    ``known``: the server has answered before, so that its address is known to be right.
    ``stopped``: whether the answer is not needed any more.
    ``deleted``: returns the error that ends the tries where the cluster was deleted meanwhile.
    """

    seconds: float = 0.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], object] = time.sleep
    waiting: Waiting = _ignore
    known: bool = False
    stopped: Callable[[], bool] = _never
    deleted: Deleted = _exists


NO_RETRIES = RetryPolicy()


def pause(request: ApiRequest, failure: PkgopsError, retry_after: str, tries: int) -> float | None:
    """Return the seconds until a request may be sent again; None where it must not be.

    Args:
        request: what was sent.
        failure: how it ended.
        retry_after: the response's header of that name; empty without one.
        tries: how often it was sent again already.
    """
    step = float(min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(tries, 10)))
    if isinstance(failure, Unreachable):
        lost = failure.__cause__
        again = lost is not None and failure.temporary
        return step if again and (repeatable(request) or isinstance(lost, ConnectionRefusedError)) else None
    if not isinstance(failure, ApiError) or not failure.temporary:
        return None
    if failure.status == temporary.CONFLICT:
        return step if _content_type(request) == "application/apply-patch+yaml" else None
    if retry_after or failure.status == 429:
        return _seconds(retry_after)
    return step if repeatable(request) or temporary.before_storage(failure.message) else None


def allowed(policy: RetryPolicy, failure: PkgopsError, began: float, answered: bool, tries: int) -> bool:
    """Return whether there is time left for another try; ``answered``: the server has answered before."""
    if policy.stopped():
        return False
    if isinstance(failure, ApiError) and failure.status == 429 and tries < THROTTLE_RETRIES:
        return True
    known = answered or policy.known
    seconds = policy.seconds if known else min(policy.seconds, FIRST_CONTACT_SECONDS)
    return policy.clock() - began < seconds


def repeatable(request: ApiRequest) -> bool:
    """Return whether a request is idempotent: sending it twice has the same effect as sending it once."""
    if request.method in ("GET", "DELETE"):
        return True
    if request.method == "PATCH":
        return _content_type(request) in _REPEATABLE_PATCHES
    asks = "accessreviews" in request.target or "dryRun=All" in request.target
    return request.method == "POST" and asks


def _content_type(request: ApiRequest) -> str:
    return next((value for key, value in request.headers if key == "Content-Type"), "")


def _seconds(retry_after: str) -> float:
    try:
        return min(float(retry_after or "1"), LONGEST_RETRY_AFTER)
    except ValueError:
        return 1.0
