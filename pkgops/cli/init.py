"""``pkgops init``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pkgops.cli.options import Output, OutputFormat

if TYPE_CHECKING:
    from pkgops.flows.project import Project


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The folder of the sources.", show_default="this folder")
    ] = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the file and write nothing.")] = False,
    output: Output = OutputFormat.TEXT,
) -> None:
    """Read a folder and write a pkgops.yaml for the application in it.

    The name is the folder's, as a valid name for Kubernetes; language and port are detected from its files.
    Where no language is detected and folders below it have one, all of those are listed as workloads. An
    existing configuration is never overwritten. No cluster is needed.
    """
    from pkgops.flows import project, project_file, source_notes, sources
    from pkgops.view import machine

    found = project.read_project(folder)
    below = project.projects_below(folder)
    environments = [(name, name) for name in project.ENVIRONMENTS]
    text = (
        project_file.several(found.folder, below, environments)
        if below
        else project_file.configuration(found, environments)
    )
    if dry_run:
        print(text, end="")
        return
    path = project_file.write(found.folder, text)
    if output is OutputFormat.JSON:
        facts = [
            {"name": one.name, "language": one.language and one.language.name, "port": one.port}
            for one in below or [found]
        ]
        several = {"workloads": facts} if below else facts[0]
        print(machine.document("Project", path=str(path), **several))
        return
    port = f"{found.port}, from {found.port_from}" if found.port_from else str(found.port)
    fields = {"name": found.name, "language": _language(found), "port": port}
    if below:
        fields = {"workloads": ", ".join(f"{one.name} ({_language(one)})" for one in below)}
    if below and (note := source_notes.together(found.folder)):
        fields["note"] = note
    for one in below or [found]:
        place = f"{one.name}: " if below else ""
        for note in source_notes.notes(one.folder, one.language):
            fields["note"] = "; ".join(filter(None, (fields.get("note"), f"{place}{note}")))
    steps = {one.name: sources.next_step(one) for one in below or [found]}
    amiss = [f"{name}: {step}" if below else step for name, step in steps.items() if step != sources.UP]
    print(machine.facts({"wrote": str(path), **fields, "next": "; ".join(amiss) or sources.UP}))


def _language(project: Project) -> str:
    if project.language is None:
        return "no file shows one yet"
    return f"{project.language.name}, from {project.marker}"
