"""The port that an application listens on by the files of its folder; PORT has the same."""

from __future__ import annotations

import re
from pathlib import Path

DEFAULT = 8080
RESERVED = frozenset({8008, 8012, 8013, 8022, 9090, 9091})
"""Ports that Knative reserves: it refuses a Service whose container has one of them."""

LOWEST = 1024
"""Ports below it need a privilege that the images' user does not have."""

_EXPOSED = re.compile(r"^\s*EXPOSE\s+(\d+)", re.MULTILINE | re.IGNORECASE)
_PROPERTY = re.compile(r"^\s*server\.port\s*[=:]\s*(\d+)\s*$", re.MULTILINE)
_NESTED = re.compile(r"^server:[ \t]*\n(?:[ \t]+.*\n)*?[ \t]+port:[ \t]*(\d+)[ \t]*$", re.MULTILINE)
_RESOURCES = "src/main/resources"
FILES = {
    f"{_RESOURCES}/application.properties": _PROPERTY,
    f"{_RESOURCES}/application.yml": _NESTED,
    f"{_RESOURCES}/application.yaml": _NESTED,
    "Dockerfile": _EXPOSED,
    "Containerfile": _EXPOSED,
}
"""Files that may contain a port, those nearer to the application first."""


def shown(folder: Path) -> tuple[int, str]:
    """Return the port and the file with it; the default and an empty string where none has one."""
    for name, pattern in FILES.items():
        path = folder / name
        try:
            found = pattern.search(path.read_text(errors="replace")) if path.is_file() else None
        except OSError:
            continue
        if found and LOWEST <= int(found[1]) < 2**16 and int(found[1]) not in RESERVED:
            return int(found[1]), name
    return DEFAULT, ""
