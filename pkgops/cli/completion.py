"""``pkgops completion``."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from pkgops.cli.boundary import COMPLETE_VARIABLE, PROGRAM


class Shell(StrEnum):
    """Shells with a completion script."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def command(shell: Annotated[Shell, typer.Argument(help="The shell.")]) -> None:
    """Print the completion script of a shell.

    For bash: ``source <(pkgops completion bash)``, in your shell's start-up file to keep it.
    """
    # typer does not export it under a public name, and offers no other way to name the program.
    from typer._completion_shared import get_completion_script

    print(get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE_VARIABLE, shell=shell.value))
