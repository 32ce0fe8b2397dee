"""The two meanings of ``-f`` in ``pkgops logs``: alone it follows, as in kubectl; before a file it names one.

In every other command ``-f`` names a configuration file. A file is never taken for a workload.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

SUFFIXES = (".yaml", ".yml")


def split_files(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the arguments with ``--file`` for each ``-f`` before a file, and these files.

    A file is an argument that ends in .yaml or .yml, or an existing file.
    """
    kept: list[str] = []
    files: list[str] = []
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        if argument == "--":
            return [*kept, argument, *rest], files
        attached = argument[2:].removeprefix("=") if argument[:2] == "-f" else ""
        text = attached or (rest[0] if argument == "-f" and rest else "")
        if _is_file(text):
            rest = rest if attached else rest[1:]
            files.append(text)
            argument = f"--file={text}"
        kept.append(argument)
    return kept, files


def _is_file(text: str) -> bool:
    return not text.startswith("-") and (text.endswith(SUFFIXES) or (bool(text) and Path(text).is_file()))


class Command(TyperCommand):
    """A command where ``-f`` follows, and ``-f FILE`` is a configuration file as in all others."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Decide between the two meanings before the arguments are parsed, and print which was used."""
        kept, files = split_files(args)
        if not ctx.resilient_parsing:
            for file in files:
                typer.echo(f"-f {file}: read as configuration; --follow (or -f alone) follows", err=True)
        return list(super().parse_args(ctx, kept))
