"""The entry point: finds the command and runs it inside the one error boundary."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from pkgops.cli import boundary


def main(argv: Sequence[str] | None = None) -> None:
    """Run ``pkgops`` and end the process with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    action = _quick(arguments)
    if action is not None:
        sys.exit(boundary.guard(action, arguments))

    from pkgops.cli.app import app

    sys.exit(boundary.run(app, arguments))


def _quick(arguments: list[str]) -> Callable[[], int] | None:
    """Return what runs ``pkgops ytt``, which is called for every file and must not wait for typer."""
    if arguments[:1] != ["ytt"]:
        return None
    from pkgops.cli.ytt_flags import parse
    from pkgops.cli.ytt_run import run

    flags = parse(arguments[1:])
    return None if flags is None else lambda: run(flags)
