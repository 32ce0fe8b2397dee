"""What a folder of sources must be, before anything is started or submitted for it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import project, shown_port, source_notes
from pkgops.flows.languages import LANGUAGES, Language
from pkgops.flows.ports import Ports
from pkgops.flows.project import Project
from pkgops.settings import Settings
from pkgops.values import replace

UP = "pkgops up"
"""What comes next for a folder that can be built."""

SHOWN = 5
"""How many files are named that ``.gitignore`` leaves out."""

LANGUAGE = "workload.language"
NEVER_NEEDED = frozenset(
    {
        ".DS_Store", ".cache", ".gradle", ".idea", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox",
        ".venv", ".vscode", "__pycache__", "node_modules", "target", "venv",
    }
)  # fmt: skip
"""What tools leave behind, and what every build makes anew: a snapshot does not need it."""


READ: dict[str, dict[str, Callable[[str], object]]] = {
    "python": {"pyproject.toml": tomllib.loads, "Pipfile.lock": json.loads},
    "nodejs": {"package.json": json.loads, "package-lock.json": json.loads},
}
"""Files that say what a language needs, and what reads them: a mistake there need not wait for a pod."""


STARTS = {
    "nodejs": (
        'package.json has neither a script "start" nor a "main", and there is no server.js and no Procfile',
        'add a script "start" to package.json, such as "exec node shop.js"',
    ),
    "any": ("its Procfile has no process web", "add a line to it such as web: ./serve"),
}
"""Why nothing says how an application is started, and what to add; other languages are asked in the build."""


def check(settings: Settings, folder: Path | None) -> None:
    """Make sure that the cluster on this machine can test and build a folder; it need not run yet.

    Raises:
        UsageError: there is no such folder, it shows no language, what says its dependencies is malformed, or
            nothing says how it is started.
        RefusedError: it shows another language than the configuration says, or one that cannot be built.
    """
    if folder is None or settings.context or settings.templates:
        return
    _check_port(settings)
    project_there = project.look_at(application(settings, folder))
    shown = project.require_language(project_there)
    said = settings.text(LANGUAGE)
    if said not in (project.AUTO, shown.name) and str(settings.tree.origin(LANGUAGE)) != "default":
        _check_said(said, project_there, shown)
        shown = next((one for one in LANGUAGES if one.name == said), shown)
    _check_files(project_there.folder, shown)


def _check_port(settings: Settings) -> None:
    port = settings.text("workload.containerPort")
    if port in {str(one) for one in shown_port.RESERVED}:
        raise UsageError(
            f"workload.containerPort is {port}, which Knative keeps for itself",
            next="set it to another one, and let the application listen on the port in PORT",
            slug="port-reserved",
        )


def next_step(found: Project) -> str:
    """Return what a person does next with a folder: ``pkgops up``, where it can be built."""
    try:
        _check_files(found.folder, project.require_language(found))
    except (UsageError, RefusedError) as error:
        return error.next
    return UP


def _check_files(folder: Path, shown: Language) -> None:
    for name, read in READ.get(shown.name, {}).items():
        _check_written(folder / name, read)
    if shown.name == "python":
        _check_dependencies(folder)
    _check_start(folder, shown)


def application(settings: Settings, folder: Path) -> Path:
    """Return the application's folder in a folder of sources.

    Raises:
        UsageError: there is none, or no such folder of sources.
    """
    part = settings.text("workload.subPath")
    place = folder / part
    if part and not (project.look_at(folder).folder / part).is_dir():
        raise UsageError(
            f"{folder} has no folder {part}",
            why="workload.subPath names it as the application's",
            next=f"write the path from {folder} to the application into workload.subPath",
            slug="source",
        )
    return place


def check_snapshot(settings: Settings, folder: Path, ports: Ports) -> None:
    """Make sure that a snapshot of a folder has the file that shows its language; tell what it leaves out.

    Raises:
        RefusedError: ``.gitignore`` leaves that file out.
        ToolFailed: git does not say.
    """
    if settings.templates:
        return
    from pkgops import local

    project_there = project.look_at(application(settings, folder))
    if project_there.language is not None and project_there.marker in local.ignored(
        project_there.folder, [project_there.marker]
    ):
        raise RefusedError(
            f"{project_there.folder / project_there.marker} is left out by .gitignore",
            why=f"it is what shows {project_there.language.title}, and what .gitignore names is not built",
            next=f"take it out of .gitignore, or git add --force {project_there.marker}",
            slug="source-ignored",
        )
    notes = source_notes.notes(project_there.folder, project_there.language)
    for said in (left_out(local.left_out(folder)), *notes):
        if said:
            ports.note(said)


def left_out(names: list[str]) -> str:
    """Return a sentence on what ``.gitignore`` leaves out; empty where none of it is needed."""
    missed = [
        name for name in names if not NEVER_NEEDED & set(Path(name).parts) and not name.endswith(".pyc")
    ]
    more = f" and {len(missed) - SHOWN} more" if len(missed) > SHOWN else ""
    return f"left out by .gitignore: {', '.join(missed[:SHOWN])}{more}" if missed else ""


def _check_said(said: str, found: Project, shown: Language) -> None:
    meant = next((one for one in LANGUAGES if one.name == said), None)
    if meant is not None and any((found.folder / name).is_file() for name in meant.files):
        project.require_language(replace(found, language=meant, marker=meant.files[0]))
        return
    able = ", ".join(one.name for one in LANGUAGES if one.tested)
    looked = f"there is no {' or '.join(meant.files)}" if meant else f"known here are {able}"
    raise RefusedError(
        f"workload.language is {said}, and {found.folder} shows {shown.title} ({found.marker})",
        why=looked,
        next=f"set workload.language: {shown.name}, or leave it out",
        slug="language-differs",
    )


def _check_written(path: Path, read: Callable[[str], object]) -> None:
    if not path.is_file():
        return
    try:
        read(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot read {path}",
            why=str(error),
            next="correct the file at this place",
            slug="source-malformed",
        ) from None


def _check_dependencies(folder: Path) -> None:
    """Refuse what a build would refuse because a pyproject.toml alone does not say what is needed."""
    path = folder / "pyproject.toml"
    if not path.is_file() or any((folder / name).is_file() for name in ("requirements.txt", "Pipfile.lock")):
        return
    document = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    project_table, tools = document.get("project", {}), document.get("tool", {})
    if "dependencies" in project_table or "dependencies" in tools.get("poetry", {}):
        return
    dynamic = "dependencies" in project_table.get("dynamic", [])
    if dynamic and tools.get("setuptools", {}).get("dynamic", {}).get("dependencies"):
        return
    if dynamic or "project" not in document:
        raise UsageError(
            f"{path} does not name what the application needs",
            why="its dependencies are dynamic" if dynamic else "it has no table [project]",
            next="name the dependencies in [project], or in a file requirements.txt, which may be empty",
            slug="no-dependencies",
        )


def _check_start(folder: Path, shown: Language) -> None:
    """Refuse what a build would refuse for want of a start; where only the build can know, that says it."""
    if shown.name not in STARTS or _web(folder) or (shown.name == "nodejs" and _starts_by_node(folder)):
        return
    why, step = STARTS[shown.name]
    if shown.name == "nodejs" and "workspaces" in _package(folder):
        step = 'add a script "start" to this package.json, such as "npm start --workspace NAME"'
    raise UsageError(f"nothing says how {folder} is started", why=why, next=step, slug="no-start")


def _web(folder: Path) -> bool:
    path = folder / "Procfile"
    return "web" in source_notes.processes(path)


def _starts_by_node(folder: Path) -> bool:
    package = _package(folder)
    scripts = package.get("scripts")
    if isinstance(scripts, dict) and {"start", "build"} & set(scripts):
        # What a script "build" makes, only the build can know.
        return True
    return bool(package.get("main")) or (folder / "server.js").is_file()


def _package(folder: Path) -> dict[str, Any]:
    package = json.loads((folder / "package.json").read_text(encoding="utf-8-sig"))
    return package if isinstance(package, dict) else {}
