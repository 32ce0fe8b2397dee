"""The failure of one resource of a blueprint, in the fields of the condition that reports it."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.kube import ApiError, Forbidden
from pkgops.platform.failures import AlreadyReported


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A condition that is not True.

    Attributes:
        status: ``False`` or ``Unknown``.
        reason: the condition's reason.
        message: the condition's message.
        retry: whether no watch event announces the end of the failure, so that the reconcile must be retried.
        type: the condition's type in ``status.resources``; upstream is not consistent there.
    """

    status: str
    reason: str
    message: str
    retry: bool = False
    type: str = "ResourceSubmitted"


def unknown_error(owner_kind: str, message: str) -> Failure:
    """Return the failure of an error without its own reason; Deliverables have the plural condition type."""
    condition_type = "ResourcesSubmitted" if owner_kind == "Deliverable" else "ResourceSubmitted"
    return Failure(status="False", reason="UnknownError", message=message, retry=True, type=condition_type)


class ResourceFailed(Exception):
    """Carries a :class:`Failure` out of the steps of one resource."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class RetryLater(AlreadyReported):
    """The status is written; the reconcile must be retried after the back-off."""

    slug = "carto-retry"


def api_message(error: PkgopsError) -> str:
    """Return the message of the API server, without the next step that pkgops adds."""
    return error.message if isinstance(error, ApiError) else error.what


def is_retryable(error: PkgopsError) -> bool:
    """Return whether to retry a request: not where RBAC refused it, as Roles and bindings are watched."""
    return not isinstance(error, Forbidden)
