"""Checks of the files of a folder that its build would refuse minutes later."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pkgops.errors import UsageError
from pkgops.flows import go_mains, source_notes
from pkgops.flows.languages import Language

TARGETS = "BP_GO_TARGETS"
"""The variable of the build's environment that names the package of a Go module to build."""

READ: dict[str, dict[str, Callable[[str], object]]] = {
    "python": {"pyproject.toml": tomllib.loads, "Pipfile.lock": json.loads},
    "nodejs": {"package.json": json.loads, "package-lock.json": json.loads},
}
"""Files with the dependencies of a language, and their parsers: errors are found before a pod runs."""


STARTS = {
    "nodejs": (
        'package.json has neither a script "start" nor a "main", and there is no server.js and no Procfile',
        'add a script "start" to package.json, such as "exec node shop.js"',
    ),
    "any": ("its Procfile has no process web", "add a line to it such as web: ./serve"),
}
"""Why there is no start command, and what to add; other languages are checked in the build."""


def check(folder: Path, shown: Language, main_configured: bool = False) -> None:
    """Make sure that a build will not refuse a folder because of the content of its files.

    Args:
        folder: the application's.
        shown: its language.
        main_configured: whether the main package of a Go module is configured elsewhere.

    Raises:
        UsageError: a file is malformed, or lacks what a build needs.
    """
    for name, read in READ.get(shown.name, {}).items():
        _check_written(folder / name, read)
    if shown.name == "python":
        _check_dependencies(folder)
    if shown.name == "golang" and not main_configured:
        _check_main(folder)
    _check_start(folder, shown)


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
    """Refuse a pyproject.toml without dependencies, as a build would."""
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
    """Refuse a folder without a start command, as a build would; other checks are left to the build."""
    if shown.name not in STARTS or _web(folder) or (shown.name == "nodejs" and _starts_by_node(folder)):
        return
    why, step = STARTS[shown.name]
    if shown.name == "nodejs" and "workspaces" in _package(folder):
        step = 'add a script "start" to this package.json, such as "npm start --workspace NAME"'
    raise UsageError(f"nothing defines how {folder} is started", why=why, next=step, slug="no-start")


def _check_main(folder: Path) -> None:
    """Refuse several main packages, as a build would, where none is configured."""
    mains = go_mains.main_packages(folder)
    if len(mains) > 1:
        raise UsageError(
            f"{folder} has several main packages: {', '.join(mains)}",
            why="one of them is built and started, and none is configured",
            next=f"name the one that serves: build: {{env: [{{name: {TARGETS}, value: {mains[0]}}}]}}",
            slug="several-mains",
        )
    if go_mains.is_library(folder):
        raise UsageError(
            f"{folder} has no main package",
            why="its packages can be imported, but not be started",
            next="add a func main in a package main, or name another folder",
            slug="no-main",
        )


def _web(folder: Path) -> bool:
    path = folder / "Procfile"
    return "web" in source_notes.processes(path)


def _starts_by_node(folder: Path) -> bool:
    package = _package(folder)
    scripts = package.get("scripts")
    if isinstance(scripts, dict) and {"start", "build"} & set(scripts):
        # Files that a script "build" generates do not exist yet.
        return True
    return bool(package.get("main")) or (folder / "server.js").is_file()


def _package(folder: Path) -> dict[str, Any]:
    package = json.loads((folder / "package.json").read_text(encoding="utf-8-sig"))
    return package if isinstance(package, dict) else {}
