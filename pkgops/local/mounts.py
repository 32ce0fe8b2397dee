"""Mounts below a folder, and unmounting them."""

from __future__ import annotations

from pathlib import Path

from pkgops import tools

MOUNTINFO = Path("/proc/self/mountinfo")
_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


def below(folder: Path, mountinfo: Path = MOUNTINFO) -> list[Path]:
    """Return the mount points at or below a folder, those mounted last first."""
    prefix = f"{folder}/"
    points = [_unescape(line.split()[4]) for line in mountinfo.read_text().splitlines()]
    return [Path(point) for point in reversed(points) if f"{point}/".startswith(prefix)]


def unmount(folder: Path) -> list[Path]:
    """Unmount everything at or below a folder, busy mounts lazily; return those that remain."""
    for _ in range(3):
        points = below(folder)
        if not points:
            break
        # One call for all of them: a node has several mounts for each pod.
        tools.run("umount", "--lazy", *map(str, points), ok=range(256))
    return below(folder)


def _unescape(text: str) -> str:
    for written, meant in _ESCAPES.items():
        text = text.replace(written, meant)
    return text
