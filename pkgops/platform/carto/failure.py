"""What can go wrong with one resource of a blueprint, as the condition that a person will read."""

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
        retry: whether nothing but time will tell that it is over, so that the pass must be repeated.
        type: the condition's type in ``status.resources``; upstream is not consistent there.
    """

    status: str
    reason: str
    message: str
    retry: bool = False
    type: str = "ResourceSubmitted"


def unknown_error(owner_kind: str, message: str) -> Failure:
    """Return the failure for what has no reason of its own; Deliverables file it under the plural type."""
    filed_as = "ResourcesSubmitted" if owner_kind == "Deliverable" else "ResourceSubmitted"
    return Failure(status="False", reason="UnknownError", message=message, retry=True, type=filed_as)


class ResourceFailed(Exception):
    """Carries a :class:`Failure` out of the steps of one resource."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class RetryLater(AlreadyReported):
    """The status is written; the same pass must be tried again after a while."""

    slug = "carto-retry"


def api_text(error: PkgopsError) -> str:
    """Return what the API server said, without a next step of ours."""
    return error.message if isinstance(error, ApiError) else error.what


def worth_retrying(error: PkgopsError) -> bool:
    """Tell whether an API error may pass without a change; for rights there are events to wait for."""
    return not isinstance(error, Forbidden)
