"""The results of the doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pkgops.errors import Exit
from pkgops.model import ObjectRef


class Result(StrEnum):
    """The result of a check; ``unknown`` where it could not be made."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its subject, its result, the next step; ``diff`` is a correction."""

    name: str
    result: Result
    message: str
    fix: str = ""
    object: ObjectRef | None = None
    diff: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks, in the order in which they were made."""

    target: str
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> Exit:
        """3 where a check failed; warnings and unknowns end with 0."""
        failed = any(check.result is Result.FAILED for check in self.checks)
        return Exit.UNREACHABLE if failed else Exit.DONE
