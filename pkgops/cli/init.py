"""``pkgops init``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pkgops.cli.options import Output, OutputFormat


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder of the sources.", show_default="this folder")
    ] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the file and write nothing.")] = False,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Look at a folder and write a pkgops.yaml for the application in it.

    The name is the folder's, made fit for Kubernetes; the language is what its files show. A
    configuration that is there is never overwritten. Asks no cluster.
    """
    from pkgops.flows import project
    from pkgops.view import machine

    found = project.look_at(folder)
    environments = [(name, name) for name in project.ENVIRONMENTS]
    if dry_run:
        print(project.configuration(found, environments), end="")
        return
    path = project.write(found, environments)
    language = found.language.name if found.language else None
    if output is OutputFormat.JSON:
        print(machine.document("Project", path=str(path), name=found.name, language=language))
        return
    told = f"{language}, from {found.marker}" if language else "no file shows one: set workload.language"
    print(machine.facts({"wrote": str(path), "name": found.name, "language": told, "next": "pkgops up"}))
