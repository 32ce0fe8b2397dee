"""The main packages of a Go module, as far as its files show them without Go itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

_MAIN = re.compile(r"^package main\b", re.MULTILINE)
_CONSTRAINED = re.compile(r"^//go:build |^// \+build ", re.MULTILINE)
_OTHER_SYSTEMS = re.compile(
    r"_(aix|android|darwin|dragonfly|freebsd|illumos|ios|js|netbsd|openbsd|plan9|solaris|wasip1|windows)(_[a-z0-9]+)?$"
)
_PASSED_OVER = ("testdata", "vendor")


def is_library(module: Path) -> bool:
    """Return whether a module has packages, but none that can be started."""
    texts = list(_texts(module, module.rglob("*.go")))
    return bool(texts) and not any(_MAIN.search(text) for _, text in texts)


def main_packages(module: Path) -> list[str]:
    """Return the packages that can be started, as Go names them below the module (``./cmd/shop``).

    If the module's own folder (``.``) is one, it is the only one, as that is what is built. Files with a
    build constraint are ignored: only Go can evaluate it.
    """
    if any(_starts(path, text) for path, text in _texts(module, module.glob("*.go"))):
        return ["."]
    below = _texts(module, module.rglob("*.go"))
    folders = {path.parent for path, text in below if _starts(path, text)}
    return sorted(f"./{folder.relative_to(module).as_posix()}" for folder in folders)


def _starts(path: Path, text: str) -> bool:
    free = not _CONSTRAINED.search(text) and not _OTHER_SYSTEMS.search(path.stem)
    return free and bool(_MAIN.search(text))


def _texts(module: Path, paths: Iterator[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the files of the module's packages with their content, as far as they can be read."""
    for path in paths:
        parts = path.relative_to(module).parts
        if path.name.endswith("_test.go") or any(part.startswith((".", "_")) for part in parts):
            continue
        if any(part in _PASSED_OVER for part in parts) or _in_another(module, path):
            continue
        try:
            yield path, path.read_text(errors="replace")
        except OSError:
            continue


def _in_another(module: Path, path: Path) -> bool:
    above = path.relative_to(module).parents
    return any((module / folder / "go.mod").is_file() for folder in above if folder.parts)
