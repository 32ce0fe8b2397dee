"""The TOML files that the phases hand on to each other."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pkgops.formats import toml
from pkgops.lifecycle.phase import Code, PhaseError

Table = dict[str, Any]


def read(path: Path) -> Table:
    """Read a file; one that is not there is empty.

    Raises:
        PhaseError: it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        return {}
    except tomllib.TOMLDecodeError as error:
        raise PhaseError(f"{path}: {error}", Code.FAILED) from error


def write(path: Path, table: Table) -> None:
    """Write a file and the folders that lead to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(toml.dump(table))
