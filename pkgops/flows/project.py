"""A person's own project: what a folder says of the application in it, and the configuration for that."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from pkgops.errors import RefusedError, UsageError
from pkgops.settings import DEFAULT_FILES
from pkgops.values import Value

LONGEST_NAME = 40
"""Names of runs and revisions are made of a workload's, and end with numbers and suffixes of their own."""

FALLBACK = "app"
ENVIRONMENTS = ("apps-dev", "apps-prod")
"""Each is a namespace of its own name; the cluster on this machine has them."""

NOT_SHOWN = "# language: golang  # no file here shows one"


class Language(Value):
    """A language as the label of its test task names it, and the files that a folder of it has.

    ``tested`` says whether the cluster on this machine can test and build it.
    """

    name: str
    title: str
    files: tuple[str, ...]
    tested: bool = False


LANGUAGES = (
    Language("golang", "Go", ("go.mod",), tested=True),
    Language("python", "Python", ("requirements.txt", "pyproject.toml", "Pipfile.lock"), tested=True),
    Language("nodejs", "Node.js", ("package.json",), tested=True),
    Language("java", "Java", ("pom.xml", "build.gradle", "build.gradle.kts")),
    Language("any", "any process", ("Procfile",), tested=True),
    Language("static", "static files", ("index.html",), tested=True),
)
"""In the order in which they are looked for."""


class Project(Value):
    """What was found: the folder, a name that Kubernetes takes, and the language with the file that shows it.

    ``language`` is None where no file was found that shows one.
    """

    folder: Path
    name: str
    language: Language | None = None
    marker: str = ""

    def values(self) -> dict[str, Any]:
        """Return the data values that follow."""
        workload: dict[str, Any] = {"name": self.name}
        if self.language:
            workload["language"] = self.language.name
        return {
            "workload": workload,
            "package": {"name": f"{self.name}.demo.carto"},
            "deliverable": {"name": self.name},
        }


def look_at(folder: Path) -> Project:
    """Return what a folder says of itself; only the names of its files are read.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", next="name the folder of the sources", slug="source")
    whole = folder.resolve()
    language, marker = detect({path.name for path in whole.iterdir()})
    return Project(whole, fit_name(whole.name), language, marker)


def detect(names: Collection[str]) -> tuple[Language | None, str]:
    """Return the language that a folder's file names show, and the file that shows it."""
    for language in LANGUAGES:
        for marker in language.files:
            if marker in names:
                return language, marker
    return None, ""


def fit_name(text: str) -> str:
    """Return a text as a name that Kubernetes takes for a service: a DNS label that begins with a letter."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    name = re.sub(r"^[^a-z]+", "", name)[:LONGEST_NAME].rstrip("-")
    return name or FALLBACK


def is_sample(folder: Path) -> bool:
    """Tell whether a folder is the sample application that ships with pkgops, which keeps its own names."""
    from pkgops.local.bootstrap import example_folder

    sample = example_folder()
    return sample is not None and sample.resolve() == folder


def require_language(project: Project) -> Language:
    """Return the language of a project that the cluster on this machine is to test and build.

    Raises:
        UsageError: none was found; says which files were looked for.
        RefusedError: one was found that this cluster cannot build.
    """
    able = [language for language in LANGUAGES if language.tested]
    if project.language is None:
        looked = "; ".join(f"{one.title}: {', '.join(one.files)}" for one in LANGUAGES)
        raise UsageError(
            f"{project.folder} shows no language that can be tested and built",
            why=f"looked for {looked}",
            next="add one of them (web: COMMAND in a Procfile starts anything), or name another folder",
            slug="language-unknown",
        )
    if not project.language.tested:
        raise RefusedError(
            f"{project.folder} is {project.language.title} ({project.marker})",
            why=f"the cluster on this machine tests and builds {', '.join(one.title for one in able)} only",
            next="name a team's cluster with --context; its builder and test task decide",
            slug="language-unsupported",
        )
    return project.language


def configuration(project: Project, environments: Collection[tuple[str, str]]) -> str:
    """Return the configuration of a project as a file with comments; ``environments`` are name, namespace."""
    language = project.language
    shown = f"language: {language.name}  # from {project.marker}" if language else NOT_SHOWN
    places = "\n".join(f"    - {{name: {name}, namespace: {space}}}" for name, space in environments)
    return f"""\
# How pkgops tests, builds, packages and delivers this folder. pkgops config shows every key and its value.
workload:
  name: {project.name}
  # Selects the task that tests the source.
  {shown}
  # Where the application listens; it is told in PORT as well.
  containerPort: 8080
  # Environment of the running application.
  # env:
  #   - {{name: GREETING, value: hello}}

package:
  # Three parts or more; what environments install.
  name: {project.name}.demo.carto

deliverable:
  name: {project.name}

pkgops:
  # What the cluster on this machine is given, relative to this file; a team's cluster follows git.url.
  source: .
  # The first is where delivery starts; pkgops promote brings a version on.
  environments:
{places}

# For a team's cluster, beside pkgops.context:
# git: {{url: https://git.example.com/demo/{project.name}.git, branch: main}}
# registry: {{server: registry.example.com, tagPrefix: registry.example.com/demo/}}
"""


def write(project: Project, environments: Collection[tuple[str, str]]) -> Path:
    """Write the configuration into the project's folder and return its path; nothing is overwritten.

    Raises:
        RefusedError: the folder has a configuration.
        UsageError: it cannot be written.
    """
    present = [name for name in DEFAULT_FILES if (project.folder / name).exists()]
    if present:
        raise RefusedError(
            f"{project.folder / present[0]} is there",
            why="a configuration is never overwritten",
            next="pkgops config shows what it says",
            slug="config-exists",
        )
    path = project.folder / DEFAULT_FILES[0]
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(configuration(project, environments))
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}", slug="config-unwritable") from None
    return path
