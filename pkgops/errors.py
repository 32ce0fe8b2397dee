"""The error tree: what happened, why, what to do next, a slug, and an exit code.

Every failure that a user can cause or fix is raised as a :class:`PkgopsError`; anything
else that escapes is a bug in pkgops and ends with exit code 70 and a report file.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of the ``pkgops`` command; documented in ``docs/reference/exit-codes.md``."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    DEADLINE = 4
    REFUSED = 5
    BUG = 70
    INTERRUPTED = 130


class PkgopsError(Exception):
    """A failure with an explanation.

    Attributes:
        what: one sentence, what happened; for a refused request the server's message.
        why: the cause as far as it is known; empty where ``what`` contains it. May have several lines.
        next: what to do now: a sentence or a command; empty only when nothing can be done.
        slug: a stable, kebab-case name of this error, for scripts and documentation.
        exit_code: the exit code of the process where the error is not handled.
    """

    slug = "failed"
    exit_code = Exit.FAILED

    def __init__(self, what: str, *, why: str = "", next: str = "", slug: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next = next
        if slug is not None:
            self.slug = slug

    @property
    def summary(self) -> str:
        """The sentence that is shown to the user; ``what`` unless a subclass has a clearer one."""
        return self.what


class StepFailed(PkgopsError):
    """A step of the pipeline failed: a test, a build, a push, an install. Exit 1."""

    slug = "step-failed"


class UsageError(PkgopsError):
    """The command line or the configuration is wrong; nothing was changed. Exit 2."""

    slug = "usage"
    exit_code = Exit.USAGE


class PreflightError(PkgopsError):
    """A required service is not reachable, or a preflight check failed. Exit 3."""

    slug = "preflight"
    exit_code = Exit.UNREACHABLE


class DeadlineError(PkgopsError):
    """The deadline passed while waiting; the message lists what for. Exit 4."""

    slug = "deadline"
    exit_code = Exit.DEADLINE


class RefusedError(PkgopsError):
    """A gate refused, for example promoting what is not healthy. Exit 5."""

    slug = "refused"
    exit_code = Exit.REFUSED


class Interrupted(PkgopsError):
    """The user interrupted the command. Exit 130."""

    slug = "interrupted"
    exit_code = Exit.INTERRUPTED
