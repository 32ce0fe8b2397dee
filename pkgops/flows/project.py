"""A project: the application in a folder, or those in the folders below it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Any

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import go_mains, shown_port
from pkgops.flows import unknown_language as unknown
from pkgops.flows.languages import LANGUAGES, Language, detect
from pkgops.settings import Origin, Settings
from pkgops.values import Value, replace

LONGEST_NAME = 40
"""Names of runs and revisions are a workload's with numbers and suffixes at the end."""

FALLBACK = "app"
ENVIRONMENTS = ("apps-dev", "apps-prod")
"""Each is a namespace of the same name; the cluster on this machine has them."""

_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "æ": "ae", "œ": "oe", "þ": "th"})
"""Letters without a decomposition in Unicode."""

BELOW = 2
"""How far below a folder of several projects each of them may be (``services/shop``)."""

AUTO = "auto"
"""The language ``auto``: detected from the files."""

NEVER_PROJECTS = frozenset({"node_modules", "vendor", "target", "build", "dist", "docs", "test", "tests"})
"""Folders that tools generate, or that are not part of the application."""


class Project(Value, kw_only=True):
    """A project: its folder, a valid Kubernetes name, and the language with the file by which it was
    detected.

    ``language`` is None where no file shows one; ``port_from`` is empty where no file has a port.
    """

    folder: Path
    name: str
    language: Language | None = None
    marker: str = ""
    port: int = shown_port.DEFAULT
    port_from: str = ""

    def values(self) -> dict[str, Any]:
        """Return the data values that follow."""
        workload: dict[str, Any] = {"name": self.name}
        if self.language:
            workload["language"] = self.language.name
        if self.port_from:
            workload["containerPort"] = self.port
        return {
            "workload": workload,
            "package": {"name": f"{self.name}.demo.carto"},
            "deliverable": {"name": self.name},
        }


def read_project(folder: Path) -> Project:
    """Return the project of a folder: by the names of its files, and the port by the content of some of them.

    Raises:
        UsageError: there is no such folder, or this user may not read it.
    """
    try:
        if not folder.is_dir():
            raise UsageError(
                f"{folder} is not a folder", next="name the folder of the sources", slug="source"
            )
        whole = folder.resolve()
        names = {path.name for path in whole.iterdir()}
    except OSError as error:
        raise UsageError(
            f"cannot read the folder {folder}",
            why=error.strerror or str(error),
            next="name a folder that this user may read, or change its rights",
            slug="source",
        ) from None
    language, marker = detect(names)
    port, port_from = shown_port.shown(whole)
    return Project(
        folder=whole,
        name=fit_name(whole.name),
        language=language,
        marker=marker,
        port=port,
        port_from=port_from,
    )


def projects_below(folder: Path) -> list[Project]:
    """Return the projects in the folders below one, in the order of their paths; none where it is one itself.

    Each has a unique name: the folder's, with those above it where two are the same.
    """
    top = read_project(folder)
    if top.language is not None:
        return []
    projects = _projects(top.folder, BELOW)
    if len(projects) == 1:
        # "public" or "app" describes the one project less than the folder that it is in.
        return [replace(projects[0], name=top.name)]
    names = [project.name for project in projects]
    return [
        replace(project, name=fit_name(str(project.folder.relative_to(top.folder))))
        if names.count(project.name) > 1
        else project
        for project in projects
    ]


def _projects(folder: Path, depth: int) -> list[Project]:
    projects: list[Project] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in NEVER_PROJECTS or path.is_symlink() or not path.is_dir():
            continue
        project = read_project(path)
        if project.language is not None:
            projects += [] if _is_library(project) else [project]
        elif depth > 1:
            projects += _projects(path, depth - 1)
    return projects


def _is_library(project: Project) -> bool:
    """Return whether a Go module has packages, but none that can be started; False for other languages."""
    language = project.language
    return language is not None and language.name == "golang" and go_mains.is_library(project.folder)


def fit_name(text: str) -> str:
    """Return a text as a valid name of a Kubernetes Service: a DNS label that begins with a letter.

    Accents are removed; a name that begins with a digit gets a prefix.
    """
    letters = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    plain = "".join(one for one in letters if not unicodedata.combining(one))
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    name = f"{FALLBACK}-{name}" if name[:1].isdigit() else name
    return name[:LONGEST_NAME].rstrip("-") or FALLBACK


def is_sample(folder: Path) -> bool:
    """Return whether a folder is the sample application that ships with pkgops, which has its own names."""
    from pkgops.local.bootstrap import example_folder

    sample = example_folder()
    return sample is not None and sample.resolve() == folder


def with_found_language(settings: Settings) -> Settings:
    """Return settings with the detected language of the sources' folder, where none is configured.

    Unchanged without a folder, or where no language that can be built is detected.
    """
    folder = settings.source
    configured = str(settings.tree.origin("workload.language")) != "default"
    if folder is None or (configured and settings.text("workload.language") != AUTO):
        return settings
    place = folder / settings.text("workload.subPath")
    language = read_project(place).language if place.is_dir() else None
    if language is None or not language.tested:
        return settings
    return settings.with_overrides({"workload": {"language": language.name}}, Origin("folder", str(place)))


def require_language(project: Project) -> Language:
    """Return the language of a project that the cluster on this machine is to test and build.

    Raises:
        UsageError: none was found; names the files that were searched for.
        RefusedError: one was found that this cluster cannot build.
    """
    able = [language for language in LANGUAGES if language.tested]
    if project.language is None:
        raise _no_language(project)
    if not project.language.tested:
        raise RefusedError(
            f"{project.folder} is {project.language.title} ({project.marker})",
            why=f"the cluster on this machine tests and builds {', '.join(one.title for one in able)} only: "
            f"{project.language.lacking}",
            next="a pom.xml beside it is built with Maven here; or name a team's cluster with --context: its "
            "builder and test task decide",
            slug="language-unsupported",
        )
    return project.language


def _no_language(project: Project) -> UsageError:
    looked = "; ".join(f"{one.title}: {', '.join(one.files)}" for one in LANGUAGES)
    names = {path.name for path in project.folder.iterdir()}
    step = unknown.next_step(names, project.name)
    below = [str(one.folder.relative_to(project.folder)) for one in projects_below(project.folder)]
    if below:
        step = f"pkgops init {project.folder} lists the projects below it: {', '.join(below)}"
    return UsageError(
        f"{project.folder} shows no language that can be tested and built",
        why="\n".join((*unknown.shown(names), f"looked for {looked}")),
        next=step,
        slug="language-unknown",
    )
