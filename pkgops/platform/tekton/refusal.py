"""Why a TaskRun ends without, or before, its pod's own end."""

from __future__ import annotations


class Refusal(Exception):
    """The TaskRun fails with this reason and message; trying again would not help."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
