"""Discovery of a folder's configuration file, where none is named."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pkgops.errors import PkgopsError, UsageError
from pkgops.formats import yaml

DEFAULT_FILES = ("pkgops.yaml", "config.yaml")
"""The file names of a configuration that is discovered, in a folder or in one above it."""

SHARED = DEFAULT_FILES[1]
"""The name that other programs use for their configuration too."""

LIKE = 0.8
"""How similar a key must be to one of pkgops's to count as a misspelling of it."""


def discover(folder: Path, known: Collection[str] = ()) -> Path | None:
    """Return the configuration of a folder or of the nearest above it, as far as its Git repository goes.

    Args:
        folder: where to begin.
        known: the keys of a configuration; a ``config.yaml`` with none of them is another program's, and is
            ignored. Empty: every file of these names counts.

    Raises:
        UsageError: a folder has more than one.
    """
    whole = folder.resolve()
    for place in (whole, *whole.parents):
        present = configurations(place, known)
        if len(present) > 1:
            raise UsageError(
                f"{place} has both {present[0].name} and {present[1].name}",
                next="name one of them with -f, or merge the two",
                slug="two-configurations",
            )
        if present:
            return present[0]
        if (place / ".git").exists():
            return None
    return None


def configurations(folder: Path, known: Collection[str] = ()) -> list[Path]:
    """Return the configuration files in a folder."""
    found = [folder / name for name in DEFAULT_FILES if (folder / name).is_file()]
    return [path for path in found if path.name != SHARED or not of_another(path, known)]


def of_another(path: Path, known: Collection[str]) -> bool:
    """Return whether a file is another program's: a map without any of the ``known`` keys.

    A file that cannot be read, is empty or no map, or has a key similar to one of these counts as pkgops's,
    so that its error is reported.
    """
    if not known:
        return False
    try:
        value = yaml.parse(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError, PkgopsError):
        return False
    if not isinstance(value, dict) or not value:
        return False
    if any(key in known for key in value):
        return False
    # Imported late: hardly any file comes here.
    from difflib import get_close_matches

    return not any(get_close_matches(str(key), known, n=1, cutoff=LIKE) for key in value)
