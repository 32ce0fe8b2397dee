"""Build artifacts reproducibly: the archive of a tree always has the same bytes."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Iterable, Iterator
from posixpath import basename, dirname

from pkgops.platform.flux.ignore import IGNORE_FILE, Ignore, read_ignore
from pkgops.platform.gitcheckout import File


def build_archive(files: Iterable[File], ignore: str | None = None, folders: Iterable[str] = ()) -> bytes:
    """Return the tar.gz of a tree without ignored files; names are relative to the root of the tree.

    Args:
        files: the regular files.
        ignore: ``spec.ignore``.
        folders: when not empty, only files in the root and below these folders are included.
    """
    kept = [file for file in files if _is_wanted(file.path, list(folders))]
    rules = read_ignore(
        {file.path: file.content for file in kept if basename(file.path) == IGNORE_FILE}, ignore
    )
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", compresslevel=6, mtime=0, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        tar.addfile(_header(".", tarfile.DIRTYPE, 0o750))
        for header, content in _members(kept, rules):
            tar.addfile(header, io.BytesIO(content))
    return out.getvalue()


def missing_folders(files: Iterable[File], folders: Iterable[str]) -> list[str]:
    """Return those folders that are not in a tree; the path of a file exists too."""
    paths = [file.path for file in files]
    paths_by_folder = [(folder, folder.strip("./")) for folder in folders]
    return [
        folder
        for folder, path in paths_by_folder
        if path and not any(file == path or file.startswith(f"{path}/") for file in paths)
    ]


def _members(files: list[File], rules: Ignore) -> Iterator[tuple[tarfile.TarInfo, bytes]]:
    by_path = {file.path: file for file in files}
    folders = {folder for file in files for folder in _parents(file.path)}
    # Sorted in the order of a directory walk: a folder, then its content.
    for path in sorted([*by_path, *folders], key=lambda path: path.split("/")):
        if rules.ignores(path, directory=path in folders):
            continue
        if path in folders:
            yield _header(path, tarfile.DIRTYPE, 0o750), b""
        else:
            file = by_path[path]
            yield (
                _header(path, tarfile.REGTYPE, 0o700 if file.executable else 0o600, file.content),
                file.content,
            )


def _header(name: str, kind: bytes, mode: int, content: bytes = b"") -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.size, header.mtime = kind, mode, len(content), 0
    return header


def _parents(path: str) -> Iterator[str]:
    while path := dirname(path):
        yield path


def _is_wanted(path: str, folders: list[str]) -> bool:
    if not folders or "/" not in path:
        return True
    return any(path.startswith(folder.strip("./") + "/") for folder in folders)
