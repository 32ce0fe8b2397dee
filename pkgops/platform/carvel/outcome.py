"""The result of a step in the fields of kapp-controller's status: output, exit code, error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SEE_DETAILS = "Error (see .status.usefulErrorMessage for details)"
_TRAILING = re.compile(r"[ \t]+\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of fetching, templating, deploying or deleting.

    Attributes:
        stdout: standard output of the step.
        stderr: its standard error.
        exit_code: 0, 1 for a tool that failed, -1 where no tool ran.
        error: the message of the condition; empty after a success.
        finished: whether the output is complete.
    """

    stdout: str = ""
    stderr: str = ""
    exit_code: int = 0
    error: str = ""
    finished: bool = True

    @property
    def useful_error(self) -> str:
        """The text of ``usefulErrorMessage``: stderr, or the error if it is empty."""
        return self.stderr or self.error

    def without(self, folder: Path) -> Outcome:
        """Return the outcome with paths below a folder made relative to it.

        The folder is a temporary one: a status that names it would change with each reconciliation.
        """
        stdout, stderr, error = (
            text.replace(f"{folder}/", "").replace(str(folder), ".")
            for text in (self.stdout, self.stderr, self.error)
        )
        return Outcome(
            stdout=stdout, stderr=stderr, exit_code=self.exit_code, error=error, finished=self.finished
        )

    def friendly(self) -> Outcome:
        """Return the outcome without trailing blanks, with which YAML prints no block scalars."""
        stdout, stderr = (_TRAILING.sub("\n", text.strip()) for text in (self.stdout, self.stderr))
        return Outcome(
            stdout=stdout, stderr=stderr, exit_code=self.exit_code, error=self.error, finished=self.finished
        )


def failed(text: str) -> Outcome:
    """Return the outcome of a step in which no tool ran."""
    return Outcome(exit_code=-1, error=text)


def tool_failed(prefix: str, stderr: str, stdout: str = "") -> Outcome:
    """Return the outcome of a tool that ended with exit code 1."""
    return Outcome(stdout=stdout, stderr=stderr, exit_code=1, error=f"{prefix}: {SEE_DETAILS}")
