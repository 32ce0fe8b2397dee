"""Checks of a folder of sources, before anything is started or submitted for it."""

from __future__ import annotations

from pathlib import Path

from pkgops.errors import RefusedError, UsageError
from pkgops.flows import project, shown_port, source_contents, source_notes
from pkgops.flows.languages import LANGUAGES, Language
from pkgops.flows.ports import Ports
from pkgops.flows.project import Project
from pkgops.settings import Settings
from pkgops.values import replace

UP = "pkgops up"
"""What comes next for a folder that can be built."""

SHOWN = 5
"""How many of the files that ``.gitignore`` leaves out are named."""

LANGUAGE = "workload.language"
NEVER_NEEDED = frozenset(
    {
        ".DS_Store", ".cache", ".gradle", ".idea", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox",
        ".venv", ".vscode", "__pycache__", "node_modules", "target", "venv",
    }
)  # fmt: skip
"""Files of tools, and files that every build generates: a snapshot does not need them."""


def check(settings: Settings, folder: Path | None) -> None:
    """Make sure that the cluster on this machine can test and build a folder; the cluster need not run yet.

    Raises:
        UsageError: there is no such folder, it shows no language, its file of dependencies is malformed, or
            nothing defines how it is started.
        RefusedError: it shows another language than the configuration has, or one that cannot be built.
    """
    if folder is None or settings.context or settings.templates:
        return
    _check_port(settings)
    project_there = project.read_project(application(settings, folder))
    shown = project.require_language(project_there)
    configured = settings.text(LANGUAGE)
    if configured not in (project.AUTO, shown.name) and str(settings.tree.origin(LANGUAGE)) != "default":
        _check_configured(configured, project_there, shown)
        shown = next((one for one in LANGUAGES if one.name == configured), shown)
    source_contents.check(project_there.folder, shown, _main_configured(settings))


def _main_configured(settings: Settings) -> bool:
    """Whether the build's environment names the main package of a Go module, or another builder is used."""
    env = settings.data_values().get("build", {}).get("env") or ()
    named = {one.get("name") for one in env if isinstance(one, dict)}
    return bool(settings.text("build.builder.image")) or source_contents.TARGETS in named


def _check_port(settings: Settings) -> None:
    port = settings.text("workload.containerPort")
    if port in {str(one) for one in shown_port.RESERVED}:
        raise UsageError(
            f"workload.containerPort is {port}, which Knative reserves",
            next="set it to another one, and let the application listen on the port in PORT",
            slug="port-reserved",
        )


def next_step(found: Project) -> str:
    """Return the next step for a folder: ``pkgops up``, where it can be built."""
    try:
        source_contents.check(found.folder, project.require_language(found))
    except (UsageError, RefusedError) as error:
        return error.next
    return UP


def application(settings: Settings, folder: Path) -> Path:
    """Return the application's folder in a folder of sources.

    Raises:
        UsageError: there is none, or no such folder of sources.
    """
    part = settings.text("workload.subPath")
    place = folder / part
    if part and not (project.read_project(folder).folder / part).is_dir():
        raise UsageError(
            f"{folder} has no folder {part}",
            why="workload.subPath names it as the application's",
            next=f"write the path from {folder} to the application into workload.subPath",
            slug="source",
        )
    return place


def check_snapshot(settings: Settings, folder: Path, ports: Ports) -> None:
    """Make sure that a snapshot of a folder has the file that shows its language; report the files that it
    leaves out.

    Raises:
        RefusedError: ``.gitignore`` leaves that file out.
        ToolFailed: git failed.
    """
    if settings.templates:
        return
    from pkgops import local

    project_there = project.read_project(application(settings, folder))
    if project_there.language is not None and project_there.marker in local.ignored(
        project_there.folder, [project_there.marker]
    ):
        raise RefusedError(
            f"{project_there.folder / project_there.marker} is left out by .gitignore",
            why=f"{project_there.language.title} is detected by it, and ignored files are not built",
            next=f"remove it from .gitignore, or git add --force {project_there.marker}",
            slug="source-ignored",
        )
    notes = source_notes.notes(project_there.folder, project_there.language)
    for note in (left_out(local.left_out(folder)), *notes):
        if note:
            ports.note(note)


def left_out(names: list[str]) -> str:
    """Return a sentence on what ``.gitignore`` leaves out; empty where none of it is needed."""
    missed = [
        name for name in names if not NEVER_NEEDED & set(Path(name).parts) and not name.endswith(".pyc")
    ]
    more = f" and {len(missed) - SHOWN} more" if len(missed) > SHOWN else ""
    return f"left out by .gitignore: {', '.join(missed[:SHOWN])}{more}" if missed else ""


def _check_configured(configured: str, found: Project, shown: Language) -> None:
    meant = next((one for one in LANGUAGES if one.name == configured), None)
    if meant is not None and any((found.folder / name).is_file() for name in meant.files):
        project.require_language(replace(found, language=meant, marker=meant.files[0]))
        return
    able = ", ".join(one.name for one in LANGUAGES if one.tested)
    looked = f"there is no {' or '.join(meant.files)}" if meant else f"known here are {able}"
    raise RefusedError(
        f"workload.language is {configured}, and {found.folder} shows {shown.title} ({found.marker})",
        why=looked,
        next=f"set workload.language: {shown.name}, or leave it out",
        slug="language-differs",
    )
