"""The Debian base: made by debootstrap, without what a container never reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from pkgops import tools
from pkgops.local.images.sources import SUITE
from pkgops.oci.layers import Member, tree

PACKAGES = ("ca-certificates", "curl", "git", "python3")
USER_ID = 1000
RECIPE = "2"
DEADLINE_SECONDS = 1800.0

_EMPTIED = (
    "var/cache/apt", "var/lib/apt/lists", "var/log", "var/cache/debconf", "usr/share/man", "usr/share/info",
    "usr/share/locale", "usr/share/gitweb", "usr/share/bash-completion", "usr/share/lintian", "dev", "proc",
    "sys", "run", "tmp", "debootstrap", "usr/lib/python3.11/test",
)  # fmt: skip
_LEFT_OUT = ("etc/resolv.conf", "etc/hostname", "etc/machine-id", "var/lib/dbus/machine-id")


def describe() -> str:
    """Return all that decides the layer, for its key."""
    return f"{RECIPE} {SUITE} {' '.join(PACKAGES)}"


def members(work: Path, debs: Path, mirror: str, say: Callable[[str], None]) -> Iterator[Member]:
    """Make the file system and yield it; downloaded packages stay in ``debs`` for another try.

    Raises:
        tools.ToolFailed: debootstrap failed; its last lines are in the error.
    """
    root = work / "root"
    debs.mkdir(parents=True, exist_ok=True)
    command = [
        "debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", f"--cache-dir={debs}",
        SUITE, str(root), *([mirror] if mirror else []),
    ]  # fmt: skip
    tools.follow(*command, on_line=lambda line: say(_progress(line)), deadline=DEADLINE_SECONDS)
    _add_user(root)
    say("packing")
    # Python's compiled files name the time of their source, so times are kept.
    yield from tree(root, mtime=None, skip=_skip)


def _skip(path: PurePosixPath) -> bool:
    text = str(path)
    if text in _LEFT_OUT or any(text.startswith(f"{folder}/") for folder in _EMPTIED):
        return True
    # Of the documentation the licences stay.
    return text.startswith("usr/share/doc/") and len(path.parts) > 4 and path.name != "copyright"


def _add_user(root: Path) -> None:
    """Add the user that builds and runs applications; buildpack stacks name it by number."""
    with (root / "etc/passwd").open("a") as passwd:
        passwd.write(f"cnb:x:{USER_ID}:{USER_ID}::/home/cnb:/bin/bash\n")
    with (root / "etc/group").open("a") as group:
        group.write(f"cnb:x:{USER_ID}:\n")


def _progress(line: str) -> str:
    return line.removeprefix("I: ").rstrip(".")
