"""The Debian base: made by debootstrap, without files that containers do not read."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from pkgops import tools
from pkgops.local.images.sources import SUITE
from pkgops.oci.layers import Member, tree

PACKAGES = ("ca-certificates", "curl", "git", "python3")
USER_ID = 1000
RECIPE = "2"
ADDITION_RECIPE = "1"
DEADLINE_SECONDS = 1800.0

# Nothing of an interrupted installation is reused, so files need not be synced to the disk.
_WITHOUT_SYNC = {"DPKG_FORCE": "unsafe-io"}
_EMPTIED = (
    "var/cache/apt", "var/lib/apt/lists", "var/log", "var/cache/debconf", "usr/share/man", "usr/share/info",
    "usr/share/locale", "usr/share/gitweb", "usr/share/bash-completion", "usr/share/lintian", "dev", "proc",
    "sys", "run", "tmp", "debootstrap", "usr/lib/python3.11/test",
)  # fmt: skip
_LEFT_OUT = ("etc/resolv.conf", "etc/hostname", "etc/machine-id", "var/lib/dbus/machine-id")


def describe() -> str:
    """Return the inputs of the layer, for its key."""
    return f"{RECIPE} {SUITE} {' '.join(PACKAGES)}"


def members(work: Path, debs: Path, mirror: str, on_progress: Callable[[str], None]) -> Iterator[Member]:
    """Make the file system and yield it; downloaded packages are kept in ``debs`` for a retry.

    Raises:
        tools.ToolFailed: debootstrap failed; its last lines are in the error.
    """
    root = work / "root"
    debs.mkdir(parents=True, exist_ok=True)
    command = [
        "debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", f"--cache-dir={debs}",
        SUITE, str(root), *([mirror] if mirror else []),
    ]  # fmt: skip
    tools.follow(
        *command,
        on_line=lambda line: on_progress(line.removeprefix("I: ").rstrip(".")),
        deadline=DEADLINE_SECONDS,
        env={**os.environ, **_WITHOUT_SYNC},
    )
    _add_user(root)
    on_progress("packing")
    # Python's compiled files contain the time of their source, so times are kept.
    yield from tree(root, mtime=None, skip=_skip)


# In a mount namespace of its own: nothing stays mounted, however this ends.
_INSTALL = """
mount --bind /dev "$1/dev"
mount -t proc proc "$1/proc"
mount --bind "$2" "$1/var/cache/apt/archives"
shift 2
chroot "$0" apt-get -q update
exec chroot "$0" apt-get -q install --yes --no-install-recommends "$@"
"""


def describe_addition(packages: Sequence[str]) -> str:
    """Return the inputs of a layer with more packages, other than the layer below it."""
    return f"{ADDITION_RECIPE} {' '.join(packages)}"


def addition(
    root: Path, debs: Path, packages: Sequence[str], on_progress: Callable[[str], None]
) -> Iterator[Member]:
    """Install packages into an unpacked base and yield the added and changed files.

    Args:
        root: the base's file system.
        debs: downloaded packages, which are kept there for a retry.
        packages: their names; dependencies are installed, recommendations are not.
        on_progress: gets the progress.

    Raises:
        tools.ToolFailed: apt failed; its last lines are in the error.
    """
    (debs / "partial").mkdir(parents=True, exist_ok=True)
    for name in ("dev", "proc", "tmp", "var/cache/apt/archives", "var/log/apt", "var/lib/apt/lists/partial"):
        (root / name).mkdir(parents=True, exist_ok=True)
    # Packages with alternatives create links to their manuals here, and fail without the folder.
    for section in range(1, 10):
        (root / f"usr/share/man/man{section}").mkdir(parents=True, exist_ok=True)
    # A machine may have no resolver, and fetch its packages through a proxy.
    with contextlib.suppress(FileNotFoundError):
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
    before = {path: _state(path) for path in root.rglob("*")}
    words = ("unshare", "--mount", "sh", "-ec", _INSTALL, str(root), str(root), str(debs), *packages)
    env = {
        **os.environ, **_WITHOUT_SYNC, "DEBIAN_FRONTEND": "noninteractive", "PATH": tools.SYSTEM_PATH,
    }  # fmt: skip
    tools.follow(*words, on_line=lambda line: _report(line, on_progress), deadline=DEADLINE_SECONDS, env=env)
    on_progress("packing")
    for header, opener in tree(root, mtime=None, skip=_skip):
        path = root / header.name
        if before.get(path) != _state(path):
            yield header, opener


def _state(path: Path) -> tuple[int, int, int, int]:
    found = path.lstat()
    size = 0 if stat.S_ISDIR(found.st_mode) else found.st_size
    return found.st_mode, found.st_uid, size, found.st_mtime_ns


def _report(line: str, on_progress: Callable[[str], None]) -> None:
    """Report which package apt is installing; its other lines are left out."""
    if line.startswith(("Unpacking ", "Setting up ")):
        on_progress(line.partition(" (")[0].strip())


def _skip(path: PurePosixPath) -> bool:
    text = str(path)
    if text in _LEFT_OUT or any(text.startswith(f"{folder}/") for folder in _EMPTIED):
        return True
    # Of the documentation only the licences are kept.
    return text.startswith("usr/share/doc/") and len(path.parts) > 4 and path.name != "copyright"


def _add_user(root: Path) -> None:
    """Add the user that builds and runs applications; buildpack stacks refer to it by number."""
    with (root / "etc/passwd").open("a") as passwd:
        passwd.write(f"cnb:x:{USER_ID}:{USER_ID}::/home/cnb:/bin/bash\n")
    with (root / "etc/group").open("a") as group:
        group.write(f"cnb:x:{USER_ID}:\n")
