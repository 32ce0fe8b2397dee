"""Temporary errors of the API server, which need no change to pass, distinguished from refusals. Pure.

A refusal (4xx with a reason) is final. A temporary error (too many requests, 500 to 504, a change of etcd's
leader, a webhook that does not respond, an object that changed meanwhile) is retried: by the client itself,
by controllers, and by commands that watch the conditions that controllers write.
"""

from __future__ import annotations

import re
from functools import lru_cache

STATUSES = frozenset({408, 429, 500, 502, 503, 504})
CONFLICT = 409

_REFUSED = re.compile(
    r'admission webhook "[^"]*" denied the request'
    r"|\bis forbidden\b|\bforbidden: "
    r"|\bis invalid: "
    r"|mvcc: database space exceeded"
    r"|etcdserver: request is too large",
    re.IGNORECASE,
)
"""Messages of a refusal, whatever else they quote; a full etcd is not temporary either."""

_CHANGED = re.compile(
    r"the object has been modified"
    r"|Operation cannot be fulfilled on"
    r"|StorageError: invalid object"
    r"|object is being deleted: ",
    re.IGNORECASE,
)
"""A conflicting write: the next attempt reads the object again."""

_NEW_NAMESPACE = re.compile(
    r'error looking up service account \S+/default: serviceaccount "default" not found'
)
"""Admission of a pod in a namespace so new that its default service account does not exist yet.

Source: the admission plugin ServiceAccount of kube-apiserver, which responds with 403 for it as for any
missing account; other accounts are created only by users.
"""

_API = re.compile(
    r"request did not complete within (?:the )?(?:requested|allotted) timeout"
    r"|unable to return a response in the time allotted"
    r"|currently unable to handle the request"
    r"|too many requests|asked us to try again later"
    r"|etcdserver: |code = Unavailable"
    r"|failed calling (?:\w+ )?webhook|failed to call webhook|conversion webhook for \S+ failed"
    r"|cannot reach the API server"
    r"|apiserver (?:is shutting down|not ready)|storage is \(?re\)?initializing"
    r"|\(reason: (?:Timeout|ServerTimeout|TooManyRequests|ServiceUnavailable|InternalError)\)"
    r"|Internal error occurred: ",
    re.IGNORECASE,
)
"""Messages that only the API server writes, or that are written only about it."""

_NETWORK = re.compile(
    r"connection refused|connection reset by peer|broken pipe|i/o timeout|TLS handshake timeout"
    r"|context deadline exceeded|Client\.Timeout exceeded|client rate limiter Wait returned an error"
    r"|http2: (?:client connection lost|server sent GOAWAY)|no route to host|network is unreachable"
    r"|no endpoints available for service|(?:: |unexpected )EOF\b",
    re.IGNORECASE,
)
"""Go's messages about any server that does not respond."""

_ADMISSION = re.compile(r"failed calling (?:\w+ )?webhook|failed to call webhook", re.IGNORECASE)


def of_status(status: int, message: str = "") -> bool:
    """Return whether a response of the API server is a temporary error, by its HTTP status and message."""
    if status == CONFLICT:
        return bool(_CHANGED.search(message))
    if _NEW_NAMESPACE.search(message):
        return True
    return status in STATUSES and not _REFUSED.search(message)


# Every Snapshot checks the same conditions again.
@lru_cache(maxsize=1024)
def of_text(message: str, *, only_api: bool) -> bool:
    """Return whether a text contains the message of a temporary error.

    Args:
        message: for example the message of a condition.
        only_api: its author calls only the API server, so that a server that does not respond is the API
            server.
    """
    if _NEW_NAMESPACE.search(message):
        return True
    if _REFUSED.search(message):
        return False
    if _API.search(message) or _CHANGED.search(message):
        return True
    return only_api and bool(_NETWORK.search(message))


def before_storage(message: str) -> bool:
    """Return whether an error came from admission, so that nothing was written."""
    return bool(_ADMISSION.search(message) or _NEW_NAMESPACE.search(message))
