"""Input files from disk and standard input, as ``-f`` names them. The only module here that reads files."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from pkgops.values import Value, replace
from pkgops.ytt.errors import YttError
from pkgops.ytt.files import InputFile

STDIN_NAME = "stdin.yml"
_PIPE = re.compile(r"/proc/\d+/fd/pipe:\[\d+\]")


class Symlinks(Value):
    """Where symbolic links within directories may lead.

    Attributes:
        allow_all: anywhere.
        allowed: to these files, or below these directories.
    """

    allow_all: bool = False
    allowed: tuple[Path, ...] = ()

    @classmethod
    def of(cls, allowed: Sequence[str], *, allow_all: bool) -> Symlinks:
        """Make it from paths as they were given."""
        return cls(allow_all, tuple(Path(path) for path in allowed))


class Sources:
    """Reads the files of paths; standard input once.

    Args:
        symlinks: which links are followed.
        stdin: reads all of standard input.
    """

    def __init__(self, symlinks: Symlinks, stdin: Callable[[], bytes] | None = None) -> None:
        self._symlinks = symlinks
        self._read_stdin = stdin or sys.stdin.buffer.read
        self._stdin_taken = False

    def files(self, paths: Sequence[str]) -> list[InputFile]:
        """Return the files that several arguments name, in their order; those of a directory sorted.

        Raises:
            YttError: a path does not exist or may not be read.
        """
        return [file for path in paths for file in self.named(path)]

    def named(self, argument: str) -> list[InputFile]:
        """Return the files that one argument names: a path, ``-``, or ``name=`` and one of both."""
        name, equals, path = argument.partition("=")
        if not equals:
            name, path = "", argument
        if "=" in path:
            only = "to only have single '=' sign to for relative path assignment"
            raise YttError(f"Expected file '{argument}' {only}")
        if path == "-":
            return [InputFile(path=name or STDIN_NAME, content=self._standard_input(), original=STDIN_NAME)]
        if path.startswith(("http://", "https://")):
            raise YttError(f"Requesting URL '{path}': not supported (hint: download the file and name it)")
        return self._from_disk(path, name)

    def _standard_input(self) -> bytes:
        if self._stdin_taken:
            asked = "has the '-' argument been used in more than one flag?"
            raise YttError(f"Standard input has already been read, {asked}")
        self._stdin_taken = True
        return self._read_stdin()

    def _from_disk(self, given: str, name: str) -> list[InputFile]:
        try:
            # Unchanged: a Path treats an empty name as the current directory.
            mode = os.lstat(given).st_mode
        except OSError as error:
            raise YttError(f"Checking file '{given}': lstat {_reason(error)}") from None
        path = Path(given)
        if stat.S_ISDIR(mode):
            return self._directory(path)
        file = InputFile(path=path.name, content=self._content(path, mode), original=path.name)
        return [replace(file, path=name) if name else file]

    def _directory(self, root: Path) -> list[InputFile]:
        try:
            paths = [path for path in root.rglob("*") if path.is_symlink() or not path.is_dir()]
        except OSError as error:
            raise YttError(f"Listing files '{root}': {_reason(error)}") from None
        found = []
        for path in paths:
            relative = path.relative_to(root).as_posix()
            try:
                content = self._content(path, path.lstat().st_mode)
            except YttError as error:
                raise YttError(f"Listing files '{root}': {error.text}") from None
            found.append(
                InputFile(path=relative, content=content, implied="/" in relative, original=relative)
            )
        return sorted(found, key=lambda file: file.path)

    def _content(self, path: Path, mode: int) -> bytes:
        if stat.S_ISLNK(mode):
            self._check_link(path)
            if path.is_dir():
                # A link to a directory is not followed, and has no content as a file.
                return b""
        elif not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise YttError(f"Expected file '{path}' to be a regular file, but was not")
        try:
            return path.read_bytes()
        except OSError as error:
            raise YttError(f"Reading file '{path}': {_reason(error)}") from None

    def _check_link(self, path: Path) -> None:
        if self._symlinks.allow_all:
            return
        try:
            target = path.resolve(strict=True)
        except OSError as error:
            if _PIPE.fullmatch(str(error.filename)):
                return  # It is no file, so no link can lead to it.
            raise YttError(f"Checking symlink file '{path}': Eval symlink: {_reason(error)}") from None
        if any(target.is_relative_to(allowed.absolute()) for allowed in self._symlinks.allowed):
            return
        use = "use '--allow-symlink-destination' flags to override"
        hint = f"(hint: symlinks are disallowed as a security feature, {use})"
        shown = target
        if not (path.is_absolute() or path.readlink().is_absolute()) and target.is_relative_to(Path.cwd()):
            shown = target.relative_to(Path.cwd())
        what = f"Expected symlink file '{path}' -> '{shown}' to be allowed, but was not {hint}"
        raise YttError(f"Checking symlink file '{path}': {what}")


def _reason(error: OSError) -> str:
    return f"{error.filename}: {(error.strerror or str(error)).lower()}"
