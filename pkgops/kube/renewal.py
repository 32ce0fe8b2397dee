"""Credentials that change while a command runs: certificate files and the results of exec plugins.

A token file needs none of this: it is read for every request.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from pkgops.errors import PreflightError


class AuthorityFile:
    """The file of the authority that servers are trusted by.

    A new authority is trusted in addition to the previous one: a server may present certificates of both.
    """

    def __init__(self, context: ssl.SSLContext, file: Path) -> None:
        self._context = context
        self._file = file
        self._loaded = _state(file)

    def refresh(self) -> None:
        """Trust the authority in the file too, where it changed."""
        now = _state(self._file)
        if now == self._loaded:
            return
        try:
            self._context.load_verify_locations(cadata=self._file.read_text())
        except (OSError, ValueError):
            # It is still being written.
            return
        self._loaded = now


class Renewal:
    """A credential that does not change; subclasses override what they can renew. Thread-safe.

    Attributes:
        authority: the file of the authority that the server is trusted by, where there is one.
        version: counts how often the client certificate changed: a connection that was made before uses the
            old one.
    """

    authority: AuthorityFile | None = None
    version = 0

    def refresh(self) -> None:
        """Read the files again where they changed; called before every connection, so it must be cheap."""
        if self.authority is not None:
            self.authority.refresh()

    def renew(self, refused: str | None, version: int) -> bool:
        """Get another credential after the server did not accept one.

        Returns whether a new connection may use another certificate; a new token is in the headers of the
        next request.

        Args:
            refused: the token that was sent; None where a certificate was.
            version: the version when the request was begun.

        Raises:
            PreflightError: another one is required, and does not exist.
        """
        del refused, version
        return False


class CertificateFiles(Renewal):
    """The client certificate and its key, of which one at least is in a file.

    Args:
        context: the TLS context whose later connections use what the files contain.
        files: those that are there.
        load: reads both and loads them into the context; raises where they cannot be read or used.
    """

    def __init__(self, context: ssl.SSLContext, files: tuple[Path, ...], load: Callable[[], None]) -> None:
        self.context = context
        self._files = files
        self._load = load
        self._loaded = self._state()

    def refresh(self) -> None:
        """Load the pair again where a file changed."""
        super().refresh()
        now = self._state()
        if now == self._loaded:
            return
        try:
            self._load()
        except PreflightError:
            # Half of a new pair: the other file is not written yet, and the old pair may still be valid.
            return
        self._loaded = now
        self.version += 1

    def renew(self, refused: str | None, version: int) -> bool:
        """Load the pair again where it changed; the connection may also be older than the last change."""
        del refused, version
        self.refresh()
        return self.version > 0

    def _state(self) -> tuple[tuple[int, int, int] | None, ...]:
        return tuple(_state(file) for file in self._files)


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
