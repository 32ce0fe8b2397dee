"""What a Python application needs, as pip's requirements and constraints.

A lock file's versions become constraints, so that pip alone installs what uv, poetry or pipenv locked.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LOCKS = ("uv.lock", "poetry.lock")

_NAMED_FILE = re.compile(r"(?:-[rc]|--requirement|--constraint)[ =]\s*([^\s:]+)$")
_BY_NAME = re.compile(r"[A-Za-z0-9][\w.-]*\s*(\[[^\]]*\])?\s*([<>=!~;(][^@]*)?$")


class Unusable(Exception):
    """The files do not say what is needed; the text tells a person what to add."""


def requirements(folder: Path) -> list[str]:
    """Return what to install: requirements.txt as a whole, else the project's dependencies.

    Raises:
        Unusable: none of the files says it, or the one that does is malformed.
    """
    if (folder / "requirements.txt").is_file():
        return [f"--requirement {(folder / 'requirements.txt').resolve()}"]
    if (folder / "pyproject.toml").is_file():
        document = _toml(folder / "pyproject.toml")
        if "project" not in document:
            raise Unusable(
                "pyproject.toml has no table [project]: name the dependencies there, or in requirements.txt"
            )
        return [str(one) for one in document["project"].get("dependencies", [])]
    if (folder / "Pipfile.lock").is_file():
        try:
            return _pipenv(json.loads((folder / "Pipfile.lock").read_text()))
        except ValueError as error:
            raise Unusable(f"Pipfile.lock: {error}") from None
    raise Unusable("there is no requirements.txt, pyproject.toml or Pipfile.lock")


def constraints(folder: Path) -> list[str]:
    """Return the versions that uv or poetry locked; none beside requirements.txt, which has its own.

    Raises:
        Unusable: the lock file is malformed.
    """
    lock = next((folder / name for name in LOCKS if (folder / name).is_file()), None)
    if lock is None or (folder / "requirements.txt").is_file():
        return []
    return _pins(_toml(lock).get("package", []))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except ValueError as error:
        raise Unusable(f"{path.name}: {error}") from None


def _pins(packages: Iterable[dict[str, Any]]) -> list[str]:
    versions: dict[str, set[str]] = {}
    for one in packages:
        # The project itself is locked without a version, or as a folder.
        if "version" in one and not {"editable", "virtual"} & set(one.get("source", {})):
            versions.setdefault(one["name"], set()).add(one["version"])
    # Several versions of one package are for several platforms: pip chooses.
    return [f"{name}=={found.pop()}" for name, found in sorted(versions.items()) if len(found) == 1]


def _pipenv(document: dict[str, Any]) -> list[str]:
    return [
        f"{name}{one.get('version', '')}{'; ' + one['markers'] if 'markers' in one else ''}"
        for name, one in sorted(document.get("default", {}).items())
    ]


def key(folder: Path, wanted: Iterable[str], pinned: Iterable[str], day: datetime.date) -> str:
    """Return what names the installation of some requirements on a day; empty where they do not say all.

    A path, an address or an option may mean other content a minute later; and versions that are left open are
    looked for anew each day.
    """
    whole = folder / "requirements.txt"
    lines = _lines(whole, set()) if whole.is_file() else list(wanted)
    named = [line for line in lines if line and not line.startswith("--hash=")]
    if not all(_BY_NAME.match(line) or _NAMED_FILE.match(line) for line in named):
        return ""
    parts = (sys.version, day.isoformat(), *lines, "", *pinned)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _lines(path: Path, seen: set[Path]) -> list[str]:
    """Return the lines of a file of requirements, with those of the files that it names."""
    path = path.resolve()
    if path in seen or not path.is_file():
        return []
    seen.add(path)
    found = []
    for text in path.read_text().splitlines():
        line = re.sub(r"(^|\s)#.*", "", text).strip().rstrip("\\").strip()
        named = _NAMED_FILE.match(line)
        found += [line, *_lines(path.parent / named[1], seen)] if named else [line]
    return found


def main(argv: list[str]) -> int:
    """Write requirements.txt and constraints.txt of a folder into another one, and the key of both."""
    folder, out = Path(argv[0]), Path(argv[1])
    try:
        wanted, pinned = requirements(folder), constraints(folder)
    except Unusable as error:
        print(f"cannot tell what this application needs: {error}", file=sys.stderr)
        return 1
    (out / "requirements.txt").write_text("".join(f"{line}\n" for line in wanted))
    (out / "constraints.txt").write_text("".join(f"{line}\n" for line in pinned))
    (out / "key").write_text(key(folder, wanted, pinned, datetime.datetime.now(datetime.UTC).date()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
