"""Running of the ytt program, where the user prefers it to the built-in engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pkgops import tools

_OWN_FLAGS = ("--ytt", "--max-seconds", "--max-memory")


def run_ytt(program: str, arguments: Sequence[str], *, stdin: str | None = None) -> Any:
    """Run the ytt program to its end; a failure is returned, not raised.

    Args:
        program: its path or name.
        arguments: its arguments.
        stdin: text for its standard input.

    Returns:
        Its output and its exit status.

    Raises:
        ToolMissing: there is no such program.
    """
    return tools.run(program, *arguments, stdin=stdin, ok=range(256))


def without_own_flags(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of ``pkgops ytt`` that the program also supports."""
    kept: list[str] = []
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument in _OWN_FLAGS:
            skip = True
        elif not argument.startswith(tuple(f"{flag}=" for flag in _OWN_FLAGS)):
            kept.append(argument)
    return kept
