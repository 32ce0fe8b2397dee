"""Errors as text on stderr, in four parts, or as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TextIO

from pkgops.errors import Exit, PkgopsError
from pkgops.view import text as texts

API_VERSION = "pkgops.dev/v1"


def text(error: PkgopsError) -> str:
    """Return ``error`` as text: ``error: <slug>``, what, why, ``next:``."""
    lines = [f"error: {error.slug}", error.summary]
    if why := _why(error):
        lines.append(why)
    if error.next:
        lines.append(f"next: {error.next}")
    return texts.visible_lines("\n".join(lines))


def document(error: PkgopsError) -> dict[str, object]:
    """Return ``error`` as a JSON document of kind ``Error``."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Error",
        "slug": error.slug,
        "what": error.summary,
        "why": _why(error),
        "next": error.next,
        "exitCode": int(error.exit_code),
    }


def _why(error: PkgopsError) -> str:
    """The cause; with the server's message where the first part is worded differently."""
    return error.why or (error.what if error.what != error.summary else "")


def show(error: PkgopsError, *, as_json: bool = False, stream: TextIO | None = None) -> None:
    """Print ``error`` to stderr (or ``stream``)."""
    shown = json.dumps(document(error), indent=2) if as_json else text(error)
    print(shown, file=stream or sys.stderr, flush=True)


def show_bug(bug: Exception, report: Path, *, as_json: bool = False, stream: TextIO | None = None) -> None:
    """Print that pkgops has a bug, and where the report is."""
    error = PkgopsError(
        "This is a bug in pkgops, not in what you did.",
        why=f"{type(bug).__name__}: {bug}",
        next=f"report it with the file {report}",
        slug="bug",
    )
    error.exit_code = Exit.BUG
    show(error, as_json=as_json, stream=stream)
