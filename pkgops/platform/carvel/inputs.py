"""The files that a templating step gets: named by paths within what was fetched, or the step before."""

from __future__ import annotations

from pathlib import Path

from pkgops.platform.carvel.sources import FetchProblem, scoped

STDIN = "-"
STREAM = "stdin.yml"
"""The name of what the step before gave."""

YAML = (".yml", ".yaml", ".json")


class MissingFile(Exception):
    """A path that is not there; the text is the path, and the tool that gets it has words of its own.

    The path is as it was written: the folder is another one each time, and with it the status would change.
    """


def read_paths(
    paths: list[str], folder: Path, stream: str | None, suffixes: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """Return (name, text) of the files that ``paths`` name; ``-`` is the stream.

    Without paths it is the stream, or else the whole folder.

    Raises:
        FetchProblem: a path leads out of the folder, or there is no stream.
        MissingFile: a path is not there.
    """
    if not paths:
        paths = [STDIN] if stream is not None else ["."]
    return [file for path in paths for file in read_path(path, folder, stream, suffixes)]


def read_path(
    path: str, folder: Path, stream: str | None, suffixes: tuple[str, ...]
) -> list[tuple[str, str]]:
    """Return (name, text) of the files that one path names; raises as `read_paths` does."""
    if path == STDIN:
        if stream is None:
            raise FetchProblem("Expected stdin to be available when using it as path, but was not")
        return [(STREAM, stream)]
    root = scoped(folder, path)
    if root.is_file():
        return [(root.name, root.read_text())]
    if not root.is_dir():
        raise MissingFile(path)
    files = sorted(file for file in root.rglob("*") if file.is_file())
    kept = [file for file in files if not suffixes or file.suffix in suffixes]
    return [(str(file.relative_to(root)), file.read_text(errors="surrogateescape")) for file in kept]
