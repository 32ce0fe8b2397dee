"""Reading and writing the TOML files that one phase writes and another reads."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pkgops.formats import toml
from pkgops.lifecycle.phase import Code, PhaseError

Table = dict[str, Any]


def read(path: Path) -> Table:
    """Return the content of a file; empty where there is none.

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
    """Write a file and create its parent folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(toml.dump(table))
