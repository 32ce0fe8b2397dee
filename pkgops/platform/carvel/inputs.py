"""The input files of a templating step: fetched files, or the output of the step before."""

from __future__ import annotations

from pathlib import Path

from pkgops.platform.carvel.sources import FetchProblem, scoped

STDIN = "-"
STREAM = "stdin.yml"
"""The file name of the output of the step before."""

YAML = (".yml", ".yaml", ".json")


class MissingFile(Exception):
    """A path does not exist; the text is the path, and the caller adds the message of its tool.

    The path is as in the spec: the temporary folder is another one in each reconciliation, and with it the
    status would change each time.
    """


def read_paths(
    paths: list[str], folder: Path, stream: str | None, suffixes: tuple[str, ...] = ()
) -> list[tuple[str, str]]:
    """Return (name, text) of the files that ``paths`` name; ``-`` is the stream.

    Without paths it is the stream, or without a stream the whole folder.

    Raises:
        FetchProblem: a path is outside of the folder, or there is no stream.
        MissingFile: a path does not exist.
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
