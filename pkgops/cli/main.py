"""The entry point: finds the command and runs it inside the error boundary."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from pkgops.cli import boundary

COMPLETING = "_PKGOPS_COMPLETE"


def main(argv: Sequence[str] | None = None) -> None:
    """Run ``pkgops`` and end the process with its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["--version"]:
        # As with flux, gh and kapp.
        arguments[0] = "version"
    action = _quick(arguments)
    if action is not None:
        sys.exit(boundary.guard(action, arguments))

    from pkgops.cli.app import app

    sys.exit(boundary.run(app, arguments))


def _quick(arguments: list[str]) -> Callable[[], int] | None:
    """Return the function of a command that runs without importing typer; None for all others.

    ``pkgops ytt`` is called for every file, ``pkgops status`` often.
    """
    # A shell's completion calls it without arguments too.
    if not arguments and COMPLETING not in os.environ:
        return _overview
    name, *rest = arguments or [""]
    if name == "ytt":
        return _ytt(rest)
    return _status(rest) if name == "status" else None


def _overview() -> int:
    from pkgops.cli.overview import run

    return run()


def _ytt(arguments: list[str]) -> Callable[[], int] | None:
    from pkgops.cli.ytt_flags import Mistake, parse
    from pkgops.cli.ytt_run import refuse, run

    try:
        flags = parse(arguments)
    except Mistake as mistake:
        problem = str(mistake)
        return lambda: refuse(problem)
    return None if flags is None else lambda: run(flags)


def _status(arguments: list[str]) -> Callable[[], int] | None:
    from pkgops.cli.status_run import parse, run

    asked = parse(arguments)
    return None if asked is None else lambda: run(asked)
