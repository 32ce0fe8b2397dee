"""Unpacking of untrusted layers: nothing is written outside of the folder.

The filters of :mod:`tarfile` would do, but Debian 12's Python does not have them yet.
"""

from __future__ import annotations

import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO

from pkgops.oci.errors import BadContent


def unpack(blob: IO[bytes], dest: Path) -> None:
    """Unpack a layer (compressed or not) into a folder; owners are ignored, modes are kept.

    Raises:
        BadContent: not a layer, a name or link that points out of the folder, or a device.
    """
    root = dest.resolve()
    try:
        with tarfile.open(fileobj=blob, mode="r|*") as tar:
            for member in tar:
                _unpack_one(tar, member, root)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise BadContent(f"cannot unpack the layer: {error}") from error


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, root: Path) -> None:
    target = _inside(root, member.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    if member.isdir():
        target.mkdir(exist_ok=True)
    elif member.issym():
        _check_link(root, target, member)
        _replace(target)
        target.symlink_to(member.linkname)
        return
    elif member.islnk():
        _replace(target)
        os.link(_inside(root, member.linkname), target, follow_symlinks=False)
        return
    elif member.isreg():
        _write(tar, member, target)
    else:
        raise BadContent(f"{member.name}: neither a file, a folder nor a link")
    target.chmod(member.mode & 0o777 | 0o600 | (0o100 if member.isdir() else 0))


def _write(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    content = tar.extractfile(member)
    assert content is not None
    _replace(target)
    with target.open("wb") as out:
        shutil.copyfileobj(content, out, 1 << 20)


def _inside(root: Path, name: str) -> Path:
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", ".")]
    if not parts:
        return root
    target = root.joinpath(*parts)
    # Existing links must not point out either, so the parent is resolved on the disk.
    if ".." in parts or not target.parent.resolve().is_relative_to(root):
        raise BadContent(f"{name}: leaves the folder")
    return target


def _check_link(root: Path, target: Path, member: tarfile.TarInfo) -> None:
    leads_to = (target.parent / member.linkname).resolve()
    if PurePosixPath(member.linkname).is_absolute() or not leads_to.is_relative_to(root):
        raise BadContent(f"{member.name}: the link leaves the folder")


def _replace(target: Path) -> None:
    if target.is_symlink() or target.is_file():
        target.unlink()
