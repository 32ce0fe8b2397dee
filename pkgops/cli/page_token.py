"""The token in the address of a page with a given port: stored, so that the address stays the same."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from pkgops.errors import UsageError

_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


def of_port(port: int) -> str:
    """Return the token of a port, from a file that only its owner may read; generated where it does not
    exist.

    Raises:
        UsageError: the file cannot be written.
    """
    state = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    path = Path(state) / "pkgops" / "pages" / str(port)
    with suppress(OSError):
        known = path.read_text()
        if _TOKEN.fullmatch(known) and not path.stat().st_mode & 0o077:
            return known
    token = secrets.token_urlsafe(24)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not its present content: others may have read it.
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(token)
    except OSError as error:
        raise UsageError(
            f"the address of port {port} cannot be stored in {path}",
            why=str(error),
            next="leave --port out",
            slug="page-token",
        ) from error
    return token
