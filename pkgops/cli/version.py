"""``pkgops version``."""

from __future__ import annotations

import json
import platform

import pkgops
from pkgops.cli.options import Output, OutputFormat


def command(output: Output = OutputFormat.TEXT) -> None:
    """Show the version of pkgops."""
    if output is OutputFormat.JSON:
        print(json.dumps({"version": pkgops.__version__, "python": platform.python_version()}))
    else:
        print(f"pkgops {pkgops.__version__}")
