"""Compiling the helpers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

MODULE = Path(__file__).parents[2] / "pkgops" / "helpers"


def compiled(name: str, folder: Path) -> Path:
    """Return the program of one of the helpers, compiled into a folder."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("needs Go")
    program = folder / name
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    subprocess.run([go, "build", "-o", str(program), f"./{name}"], cwd=MODULE, env=env, check=True)
    return program
