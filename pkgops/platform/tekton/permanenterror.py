"""The error with which a TaskRun or PipelineRun fails without being retried."""

from __future__ import annotations


class PermanentError(Exception):
    """The run fails with this reason and message and is not retried (as ``controller.NewPermanentError``)."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
