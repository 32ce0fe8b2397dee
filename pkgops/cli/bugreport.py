"""The report file of a bug in pkgops."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

import pkgops


def write(bug: Exception, argv: Sequence[str], folder: Path) -> Path:
    """Write what is needed to understand ``bug`` into a new file (mode 0600) and return its path.

    The environment is left out, because it contains credentials.
    """
    handle, name = tempfile.mkstemp(prefix="pkgops-report-", suffix=".txt", dir=folder)
    with os.fdopen(handle, "w", encoding="utf-8") as report:
        report.write(_text(bug, argv))
    return Path(name)


def _text(bug: Exception, argv: Sequence[str]) -> str:
    trace = "".join(traceback.format_exception(bug))
    facts = [
        f"pkgops {pkgops.__version__}",
        f"python {platform.python_version()} on {platform.platform()}",
        f"command: pkgops {' '.join(argv)}",
        f"executable: {sys.executable}",
    ]
    return "\n".join(facts) + "\n\n" + trace
