"""Layers: reproducible tar and gzip archives of files."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from pkgops.oci import media
from pkgops.oci.errors import BadContent
from pkgops.oci.image import Layer
from pkgops.oci.media import Descriptor

Member = tuple[tarfile.TarInfo, Callable[[], IO[bytes]] | None]


@dataclass(frozen=True, slots=True)
class LayerFacts:
    """The descriptor and the diff ID of a written layer."""

    blob: Descriptor
    diff_id: str


class _Hashing(io.RawIOBase):
    """Passes writes on and hashes them."""

    def __init__(self, out: IO[bytes] | gzip.GzipFile) -> None:
        self._out = out
        self.hasher = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # bytes-like is all tarfile and gzip write
        self._out.write(data)
        self.hasher.update(data)
        self.size += len(data)
        return len(data)

    def tell(self) -> int:
        return self.size

    @property
    def digest(self) -> str:
        return "sha256:" + self.hasher.hexdigest()


def write_layer(out: IO[bytes], members: Iterable[Member], *, level: int = 6) -> LayerFacts:
    """Write a gzip-compressed tar; the same members and level give the same bytes (with one zlib).

    Args:
        out: where the blob goes.
        members: headers with a function that opens the content (None for what has none).
        level: of zlib, 0-9; big local layers take 1.
    """
    blob = _Hashing(out)
    with gzip.GzipFile(filename="", mode="wb", fileobj=blob, compresslevel=level, mtime=0) as zipped:
        plain = _Hashing(zipped)
        with tarfile.open(fileobj=plain, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for header, opener in members:
                _add(tar, header, opener)
    return LayerFacts(Descriptor(media.DOCKER_LAYER, blob.digest, blob.size), plain.digest)


def _add(tar: tarfile.TarFile, header: tarfile.TarInfo, opener: Callable[[], IO[bytes]] | None) -> None:
    if opener is None:
        tar.addfile(header)
        return
    with opener() as content:
        tar.addfile(header, content)


def memory_layer(members: Iterable[Member], *, level: int = 6) -> Layer:
    """Return a small layer in memory."""
    out = io.BytesIO()
    facts = write_layer(out, members, level=level)
    content = out.getvalue()
    return Layer(facts.blob, facts.diff_id, lambda: io.BytesIO(content))


def file_layer(path: Path, facts: LayerFacts) -> Layer:
    """Return a layer whose blob is a file."""
    return Layer(facts.blob, facts.diff_id, lambda: path.open("rb"))


def tree(
    root: Path,
    prefix: str = "",
    *,
    owner: tuple[int, int] | None = None,
    mtime: int | None = 0,
    skip: Callable[[PurePosixPath], bool] = lambda _: False,
) -> Iterator[Member]:
    """Yield the files below ``root`` as members below ``prefix``, sorted, directories before content.

    Args:
        root: a folder of this machine; itself not a member unless ``prefix`` is given.
        prefix: its path in the layer, without a leading slash.
        owner: user and group id for all; None keeps what the files have.
        mtime: seconds since 1970 for all; None keeps what the files have.
        skip: called with the path below ``root``; True leaves it, and everything below, out.
    """
    seen: dict[tuple[int, int], str] = {}
    for parent in _parents(prefix):
        yield directory(parent, owner=owner or (0, 0), mtime=mtime or 0), None
    for path in _walk(root, root, skip):
        yield _member(path, _join(prefix, path.relative_to(root)), owner, mtime, seen)


def directory(
    name: str, mode: int = 0o755, owner: tuple[int, int] = (0, 0), mtime: int = 0
) -> tarfile.TarInfo:
    """Return the header of a directory."""
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.mtime = tarfile.DIRTYPE, mode, mtime
    header.uid, header.gid = owner
    return header


def regular(
    name: str, content: bytes, mode: int = 0o644, owner: tuple[int, int] = (0, 0), mtime: int = 0
) -> Member:
    """Return a file with this content."""
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = len(content), mode, mtime
    header.uid, header.gid = owner
    return header, lambda: io.BytesIO(content)


def symlink(name: str, target: str, owner: tuple[int, int] = (0, 0), mtime: int = 0) -> Member:
    """Return a symbolic link."""
    header = tarfile.TarInfo(name)
    header.type, header.linkname, header.mode, header.mtime = tarfile.SYMTYPE, target, 0o777, mtime
    header.uid, header.gid = owner
    return header, None


def _walk(root: Path, folder: Path, skip: Callable[[PurePosixPath], bool]) -> Iterator[Path]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        if skip(PurePosixPath(path.relative_to(root))):
            continue
        yield path
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(root, path, skip)


def _member(
    path: Path, name: str, owner: tuple[int, int] | None, mtime: int | None, seen: dict[tuple[int, int], str]
) -> Member:
    found = path.lstat()
    header = tarfile.TarInfo(name)
    header.mode = stat.S_IMODE(found.st_mode)
    header.uid, header.gid = owner or (found.st_uid, found.st_gid)
    header.mtime = int(found.st_mtime) if mtime is None else mtime
    if stat.S_ISLNK(found.st_mode):
        header.type, header.linkname = tarfile.SYMTYPE, str(path.readlink())
        return header, None
    if stat.S_ISDIR(found.st_mode):
        header.type = tarfile.DIRTYPE
        return header, None
    if not stat.S_ISREG(found.st_mode):
        raise BadContent(f"{path}: neither a file, a folder nor a link")
    return _file(path, header, found, seen)


def _file(
    path: Path, header: tarfile.TarInfo, found: os.stat_result, seen: dict[tuple[int, int], str]
) -> Member:
    key = (found.st_dev, found.st_ino)
    if found.st_nlink > 1 and key in seen:
        header.type, header.linkname = tarfile.LNKTYPE, seen[key]
        return header, None
    seen[key] = header.name
    header.size = found.st_size
    return header, lambda: path.open("rb")


def _join(prefix: str, path: Path) -> str:
    return f"{prefix}/{path.as_posix()}" if prefix else path.as_posix()


def _parents(prefix: str) -> Iterator[str]:
    parts = PurePosixPath(prefix).parts
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])
