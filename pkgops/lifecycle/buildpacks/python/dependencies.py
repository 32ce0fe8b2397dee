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
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

LOCKS = ("uv.lock", "poetry.lock")

_NAMED_FILE = re.compile(r"(?:-[rc]|--requirement|--constraint)[ =]\s*([^\s:]+)$")
_BY_NAME = re.compile(r"[A-Za-z0-9][\w.-]*\s*(\[[^\]]*\])?\s*([<>=!~;(][^@]*)?$")


class Unusable(Exception):
    """The dependencies cannot be determined; the text contains what to add."""


def requirements(folder: Path) -> list[str]:
    """Return what to install: requirements.txt as a whole, else the project's dependencies.

    Raises:
        Unusable: no file contains them, or the one that does is malformed.
    """
    if (folder / "requirements.txt").is_file():
        return [f"--requirement {(folder / 'requirements.txt').resolve()}"]
    project = folder / "pyproject.toml"
    document = _toml(project) if project.is_file() else {}
    named = "project" in document or "dependencies" in document.get("tool", {}).get("poetry", {})
    # One that only configures tools declares no dependencies.
    if project.is_file() and (named or not (folder / "Pipfile.lock").is_file()):
        return _declared(folder, document)
    if (folder / "Pipfile.lock").is_file():
        try:
            return _pipenv(json.loads(text(folder / "Pipfile.lock")))
        except ValueError as error:
            raise Unusable(f"Pipfile.lock: {error}") from None
    raise Unusable("there is no requirements.txt, pyproject.toml or Pipfile.lock")


def constraints(folder: Path) -> list[str]:
    """Return the versions that uv or poetry locked; none with a requirements.txt, which has its own.

    Raises:
        Unusable: the lock file is malformed.
    """
    lock = next((folder / name for name in LOCKS if (folder / name).is_file()), None)
    if lock is None or (folder / "requirements.txt").is_file():
        return []
    return _pins(_toml(lock).get("package", []))


def _declared(folder: Path, document: Mapping[str, Any]) -> list[str]:
    """Return the dependencies of a pyproject.toml: of the table [project], else of poetry's."""
    project, tools = document.get("project", {}), document.get("tool", {})
    if "dependencies" in project:
        return [str(one) for one in project["dependencies"]]
    if "dependencies" in tools.get("poetry", {}):
        return poetry(tools["poetry"]["dependencies"])
    if "dependencies" in project.get("dynamic", []):
        named = tools.get("setuptools", {}).get("dynamic", {}).get("dependencies", {}).get("file", [])
        if not named:
            raise Unusable(
                "the dependencies of pyproject.toml are dynamic: name them in [project], or"
                " in requirements.txt"
            )
        return [
            f"--requirement {folder.resolve() / one}"
            for one in ([named] if isinstance(named, str) else named)
        ]
    if "project" not in document:
        raise Unusable(
            "pyproject.toml has no table [project]: name the dependencies there, or in requirements.txt"
        )
    return []


def poetry(table: Mapping[str, Any]) -> list[str]:
    """Return poetry's dependencies as pip's requirements."""
    return [
        _requirement(name, one if isinstance(one, Mapping) else {"version": one})
        for name, many in table.items()
        for one in (many if isinstance(many, list) else [many])
        # Those that are optional belong to an extra; python is the interpreter.
        if name.lower() != "python" and not (isinstance(one, Mapping) and one.get("optional"))
    ]


def _requirement(name: str, one: Mapping[str, Any]) -> str:
    extras = f"[{','.join(one['extras'])}]" if one.get("extras") else ""
    if "git" in one:
        at = next((f"@{one[key]}" for key in ("rev", "tag", "branch") if one.get(key)), "")
        place = f" @ git+{one['git']}{at}"
    elif "url" in one or "path" in one:
        place = f" @ {one['url'] if 'url' in one else Path(one['path']).resolve().as_uri()}"
    else:
        place = ",".join(bounds(str(one.get("version", "*"))))
    marks = [
        re.sub(r"^([<>=!~]+)(.*)", r"python_full_version \1 '\2'", bound)
        for bound in bounds(str(one.get("python", "*")))
    ]
    marks += [f"({one['markers']})"] if one.get("markers") else []
    return f"{name}{extras}{place}{' ; ' + ' and '.join(marks) if marks else ''}"


def bounds(version: str) -> list[str]:
    """Return pip's clauses of a version as poetry writes it; ``||`` has none: the lock decides."""
    if "|" in version:
        return []
    parts = (one.strip() for one in version.split(","))
    return [clause for part in parts if part not in ("", "*") for clause in _clauses(part)]


def _clauses(part: str) -> list[str]:
    short = re.fullmatch(r"([\^~])\s*(\d+(?:\.\d+)*)(.*)", part)
    if short is None:
        return [part.replace(" ", "") if part[0] in "<>=!~" else f"=={part}"]
    numbers = [int(one) for one in short[2].split(".")]
    last = len(numbers) - 1
    # A caret keeps the numbers up to the first that is not zero, a tilde the first two.
    kept = next((at for at, one in enumerate(numbers) if one), last) if short[1] == "^" else min(1, last)
    above = ".".join(str(one) for one in (*numbers[:kept], numbers[kept] + 1))
    return [f">={short[2]}{short[3]}", f"<{above}"]


def text(path: Path) -> str:
    """Return a file's text without the byte order mark that programs of Windows write."""
    content = path.read_bytes()
    return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text(path))
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
    """Return the cache key of an installation of requirements on a day; empty where it cannot be cached.

    A path, a URL or an option may mean other content a minute later; versions that are not pinned are
    resolved again each day.
    """
    whole = folder / "requirements.txt"
    files = (
        [whole] if whole.is_file() else [Path(one[1]) for line in wanted if (one := _NAMED_FILE.match(line))]
    )
    lines = [*([] if whole.is_file() else wanted), *(line for path in files for line in _lines(path, set()))]
    named = [line for line in lines if line and not line.startswith("--hash=")]
    if not all(_BY_NAME.match(line) or _NAMED_FILE.match(line) for line in named):
        return ""
    parts = (sys.version, day.isoformat(), *lines, "", *pinned)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _lines(path: Path, seen: set[Path]) -> list[str]:
    """Return the lines of a requirements file, with those of the files that it includes."""
    path = path.resolve()
    if path in seen or not path.is_file():
        return []
    seen.add(path)
    found = []
    for written in text(path).splitlines():
        line = re.sub(r"(^|\s)#.*", "", written).strip().rstrip("\\").strip()
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
