"""Files in a folder of sources that are not used, although the user may expect it."""

from __future__ import annotations

import re
from pathlib import Path

from pkgops.flows.languages import Language

READ_LOCKS = ("package-lock.json", "npm-shrinkwrap.json")
OTHER_LOCKS = ("yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb")
WORK = "go.work"
RUN = ("web", "test")
"""The processes of a Procfile that are used: by the application, and by its test."""


def notes(folder: Path, language: Language | None) -> list[str]:
    """Return a sentence for each of them; only files are read."""
    found = [_locks(folder)] if language is not None and language.name == "nodejs" else []
    return [one for one in (*found, _processes(folder)) if one]


def processes(procfile: Path) -> list[str]:
    """Return the names of a Procfile's processes that have a command; none where there is no such file."""
    text = procfile.read_text(errors="replace") if procfile.is_file() else ""
    return re.findall(r"^([A-Za-z0-9_-]+):[ \t]*\S", text, re.MULTILINE)


def together(folder: Path) -> str:
    """Return a sentence on a folder whose modules need each other; empty without a go.work."""
    if not (folder / WORK).is_file():
        return ""
    return (
        f"{WORK} is not read, as each module is built alone: packages that they share must be in one "
        "module, or be downloadable by Go"
    )


def _locks(folder: Path) -> str:
    other = next((name for name in OTHER_LOCKS if (folder / name).is_file()), "")
    if not other or any((folder / name).is_file() for name in READ_LOCKS):
        return ""
    return (
        f"{other} is not read, so npm installs the newest versions that package.json allows; "
        "npm install --package-lock-only writes a lock file that is"
    )


def _processes(folder: Path) -> str:
    others = [name for name in processes(folder / "Procfile") if name not in RUN]
    return f"of the Procfile only web is run: {', '.join(others)} not" if others else ""
