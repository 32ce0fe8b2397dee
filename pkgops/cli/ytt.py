"""``pkgops ytt`` for typer: help, completion, and errors of arguments.

Valid arguments are parsed without typer: see :mod:`pkgops.cli.main`.
"""

from __future__ import annotations

import inspect
from typing import Any

import typer

from pkgops.cli import ytt_flags
from pkgops.cli.ytt_run import run

_TYPES: dict[str, Any] = {
    ytt_flags.TEXTS: list[str] | None,
    ytt_flags.TEXT: str,
    ytt_flags.SWITCH: bool,
    ytt_flags.SECONDS: float,
    ytt_flags.NUMBER: int,
}


def command(**flags: Any) -> int:
    """Render ytt templates.

    Takes the flags of the ytt program and prints the same, without needing it. Templates can only read the
    files and values that are given here.
    """
    return run(flags)


def _parameter(flag: ytt_flags.Flag) -> inspect.Parameter:
    names = [f"--{flag.name}", *([f"-{flag.short}"] if flag.short else [])]
    shown = flag.kind in (ytt_flags.SECONDS, ytt_flags.NUMBER)
    option = typer.Option(flag.default, *names, help=flag.help, show_default=shown)
    kind = _TYPES[flag.kind]
    return inspect.Parameter(flag.key, inspect.Parameter.KEYWORD_ONLY, default=option, annotation=kind)


def _describe(function: Any) -> None:
    """Set the parameters of a function from the table, where typer reads them."""
    parameters = [_parameter(flag) for flag in ytt_flags.FLAGS]
    function.__signature__ = inspect.Signature(parameters, return_annotation=int)
    function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}


_describe(command)
