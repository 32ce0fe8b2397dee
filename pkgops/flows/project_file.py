"""The configuration that ``pkgops init`` writes for a project, or for several in one folder."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from pathlib import Path

from pkgops.errors import RefusedError, UsageError
from pkgops.flows.project import Project, fit_name
from pkgops.settings import DEFAULT_FILES, configurations, own_keys

NOT_SHOWN = "# language: auto  # no file here shows one yet"
Environments = Collection[tuple[str, str]]

_REGISTRY = """\
# registry: {server: registry.example.com, tagPrefix: registry.example.com/demo/}
"""


def configuration(project: Project, environments: Environments) -> str:
    """Return the configuration of a project as a file with comments; ``environments`` are name, namespace."""
    language = project.language
    shown = f"language: {language.name}  # from {project.marker}" if language else NOT_SHOWN
    return f"""\
# How pkgops tests, builds, packages and delivers this folder. pkgops config shows every key and its value.
workload:
  name: {project.name}
  # Selects the task that tests the source.
  {shown}
  # Where the application listens; it gets this in PORT as well.
  containerPort: {project.port}{f"  # from {project.port_from}" if project.port_from else ""}
  # Environment of the running application.
  # env:
  #   - {{name: GREETING, value: hello}}

package:
  # Three parts or more; what environments install.
  name: {project.name}.demo.carto

deliverable:
  name: {project.name}

pkgops:
  # The sources for the cluster on this machine, relative to this file; a team's cluster follows git.url.
  source: .
{_shared(environments)}
# For a team's cluster, beside pkgops.context:
# git: {{url: https://git.example.com/demo/{project.name}.git, branch: main}}
{_REGISTRY}"""


def several(folder: Path, projects: Sequence[Project], environments: Environments) -> str:
    """Return the configuration of a folder of several projects."""
    return f"""\
# How pkgops tests, builds, packages and delivers the projects below this folder, each by itself. An item
# has the keys of workload; its package is NAME.demo.carto and its deliverable NAME, unless it says otherwise.
workloads:
{"".join(_item(folder, project) for project in projects)}
pkgops:
{_shared(environments)}
# For a team's cluster, beside pkgops.context:
# git: {{url: https://git.example.com/demo/{fit_name(folder.name)}.git, branch: main}}
{_REGISTRY}"""


def _item(folder: Path, project: Project) -> str:
    source = json.dumps(str(project.folder.relative_to(folder)), ensure_ascii=False)
    language = f"    language: {project.language.name}  # from {project.marker}\n" if project.language else ""
    port = f"    containerPort: {project.port}  # from {project.port_from}\n" if project.port_from else ""
    return f"  - name: {project.name}\n    source: {source}\n{language}{port}"


def _shared(environments: Environments) -> str:
    places = "".join(f"    - {{name: {name}, namespace: {space}}}\n" for name, space in environments)
    return (
        "  # Delivery starts in the first; pkgops promote installs a version in the next.\n  environments:\n"
        + places
    )


def write(folder: Path, text: str) -> Path:
    """Write a configuration into a folder and return its path; nothing is overwritten.

    Raises:
        RefusedError: the folder has a configuration.
        UsageError: it cannot be written.
    """
    present = configurations(folder, own_keys())
    if present:
        raise RefusedError(
            f"{present[0]} exists",
            why="a configuration is never overwritten",
            next="pkgops config shows its values; pkgops init --dry-run prints what would be written",
            slug="config-exists",
        )
    path = folder / DEFAULT_FILES[0]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", slug="config-unwritable") from None
    return path
