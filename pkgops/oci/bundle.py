"""imgpkg's format: folders as images, and bundles with a lock of the images that they refer to.

Source of the format: imgpkg's ``pkg/imgpkg/{bundle,plainimage,image}``.
"""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pkgops.errors import UsageError
from pkgops.oci.client import RegistryClient
from pkgops.oci.errors import NotFound
from pkgops.oci.image import Image, Layer, empty_image, read_image, write_image
from pkgops.oci.layers import Member, memory_layer
from pkgops.oci.locks import BundleLock, ImagesLock, LockedImage
from pkgops.oci.reference import ImageRef
from pkgops.oci.unpacking import unpack

BUNDLE_LABEL = "dev.carvel.imgpkg.bundle"
LOCK_PATH = ".imgpkg/images.yml"
_HOSTED = f"specified in the bundle's Images Lock file ({LOCK_PATH})"
_HINT = "consider using --bundle (-b) option"
_EXPECTED_BUNDLE = "Expected bundle image but found plain image (hint: Did you use -i instead of -b?)"
_ZERO_TIME = "0001-01-01T00:00:00Z"
OnLine = Callable[[str], None]


class BadBundle(UsageError):
    """Content that imgpkg would not push or pull; the message is imgpkg's."""

    slug = "bundle"
    exit_code = UsageError.exit_code


@dataclass(frozen=True, slots=True)
class Pulled:
    """The result of a pull.

    Attributes:
        ref: the digest reference that was unpacked.
        lock: the bundle's ImagesLock as it is in the folder now; empty for a plain image.
        relocated: whether the lock now refers to the bundle's own repository.
    """

    ref: ImageRef
    lock: ImagesLock
    relocated: bool = False


def _silent(_line: str) -> None:
    return None


def build_image(
    paths: Sequence[Path], *, bundle: bool, exclude: Sequence[str] = (".git",), on_line: OnLine = _silent
) -> Image:
    """Return the image of files and folders; the same content always has the same digest.

    Args:
        paths: folders whose content, and files which, go to the image's root.
        bundle: whether it is a bundle; then ``.imgpkg/images.yml`` is required and validated.
        exclude: names below the root that are left out.
        on_line: called with ``dir: <path>`` and ``file: <path>`` lines.

    Raises:
        BadBundle: the files do not make a bundle, or are not regular files.
    """
    _check(paths, bundle)
    layer = memory_layer(_members(paths, set(exclude), on_line))
    labels = {BUNDLE_LABEL: "true"} if bundle else {}
    image = empty_image(**({"Labels": labels} if labels else {})).append([layer])
    history = [{"author": "imgpkg", "created": _ZERO_TIME, "created_by": "imgpkg"}]
    # A folder of files has no platform: both fields are empty, as in go-containerregistry.
    config = {**image.config, "architecture": "", "os": "", "created": _ZERO_TIME, "history": history}
    return replace(image, config=config)


def push(client: RegistryClient, ref: ImageRef, image: Image) -> ImageRef:
    """Store an image under its tag (default ``latest``) and imgpkg's own; return the digest reference."""
    digest = image.digest
    internal = f"{digest.replace(':', '-')}.imgpkg"
    write_image(client, image, [ref.tagged(ref.tag or "latest"), ref.tagged(internal)])
    return ref.at(digest)


def bundle_lock(ref: ImageRef, pushed: ImageRef) -> BundleLock:
    """Return the BundleLock of a push to ``ref``."""
    return BundleLock(str(pushed), ref.tag or "latest")


def is_bundle(image: Image) -> bool:
    """Return whether an image is a bundle, by its label."""
    return BUNDLE_LABEL in image.labels


def expect_bundle(image: Image) -> None:
    """Raise :class:`BadBundle` with imgpkg's hint unless the image is a bundle."""
    if not is_bundle(image):
        raise BadBundle(_EXPECTED_BUNDLE)


def pull_bundle(client: RegistryClient, ref: ImageRef, dest: Path, on_line: OnLine = _silent) -> Pulled:
    """Unpack a bundle into a folder, which is emptied first, and relocate its lock as imgpkg does.

    Raises:
        BadBundle: it is a plain image.
        RegistryError: the registry did not return it.
    """
    ref = _resolved(client, ref)
    image = read_image(client, ref)
    expect_bundle(image)
    on_line(f"Pulling bundle '{ref}'")
    _unpack_all(image.layers, dest, on_line)
    return _relocate(client, ref, dest, on_line)


def pull_image(client: RegistryClient, ref: ImageRef, dest: Path, on_line: OnLine = _silent) -> Pulled:
    """Unpack a plain image into a folder, which is emptied first.

    Raises:
        BadBundle: it is a bundle.
    """
    ref = _resolved(client, ref)
    image = read_image(client, ref)
    if is_bundle(image):
        raise BadBundle("Expected bundle flag when pulling a bundle (hint: Use -b instead of -i for bundles)")
    on_line(f"Pulling image '{ref}'")
    _unpack_all(image.layers, dest, on_line)
    return Pulled(ref, ImagesLock())


def locations_ref(bundle: ImageRef) -> ImageRef:
    """Return the reference of imgpkg's locations image of a bundle (the bundle in digest form)."""
    return bundle.tagged(f"{bundle.digest.replace(':', '-')}.image-locations.imgpkg")


def _resolved(client: RegistryClient, ref: ImageRef) -> ImageRef:
    return ref if ref.digest else ref.at(client.digest(ref))


def _relocate(client: RegistryClient, ref: ImageRef, dest: Path, on_line: OnLine) -> Pulled:
    path = dest / LOCK_PATH
    if not path.is_file():
        raise BadBundle(f"The bundle expected {LOCK_PATH} to exist, but it wasn't found in the path {dest}")
    lock = ImagesLock.parse(path.read_text(), LOCK_PATH)
    on_line("\nLocating image lock file images...")
    if not lock.images or not _hosts_every_image(client, ref, lock):
        if lock.images:
            on_line("One or more images not found in bundle repo; skipping lock file update")
        return Pulled(ref, lock)
    on_line(f"The bundle repo ({ref.name}) is hosting every image {_HOSTED}")
    moved = ImagesLock(tuple(_moved(image, ref) for image in lock.images))
    if moved != lock:
        path.write_text(moved.dump())
    return Pulled(ref, moved, relocated=True)


def _moved(image: LockedImage, bundle: ImageRef) -> LockedImage:
    return replace(image, image=str(bundle.at(ImageRef.parse(image.image).digest)))


def _hosts_every_image(client: RegistryClient, bundle: ImageRef, lock: ImagesLock) -> bool:
    try:
        if client.exists(locations_ref(bundle)):
            return True
        return all(client.exists(bundle.at(ImageRef.parse(image.image).digest)) for image in lock.images)
    except NotFound:
        return False


def _unpack_all(layers: Sequence[Layer], dest: Path, on_line: OnLine) -> None:
    if dest.resolve() in (Path("/"), Path.home(), Path.cwd()):
        raise BadBundle(f"Disallowed output directory (trying to avoid accidental deletion): {dest}")
    shutil.rmtree(dest, ignore_errors=True)
    dest.mkdir(parents=True)
    for number, layer in enumerate(layers, 1):
        on_line(f"  Extracting layer '{layer.blob.digest}' ({number}/{len(layers)})")
        with layer.open() as blob:
            unpack(blob, dest)


def _check(paths: Sequence[Path], bundle: bool) -> None:
    for path in paths:
        if not path.exists():
            raise BadBundle(f"Reading file info '{path}': no such file or directory")
    folders = [path / ".imgpkg" for path in paths if (path / ".imgpkg").is_dir()]
    if not bundle:
        if folders:
            raise BadBundle(f"Images cannot be pushed with '.imgpkg' directories, {_HINT}")
        return
    if len(folders) > 1:
        raise BadBundle(f"Expected one '.imgpkg' dir, got {len(folders)}: {', '.join(map(str, folders))}")
    if not folders or not (folders[0] / "images.yml").is_file():
        raise BadBundle(f"This directory is not a bundle. It is missing {LOCK_PATH}")
    ImagesLock.parse((folders[0] / "images.yml").read_text(), str(folders[0] / "images.yml"))


def _members(paths: Sequence[Path], exclude: set[str], on_line: OnLine) -> Iterator[Member]:
    seen: set[str] = set()
    for path in paths:
        if path.is_dir():
            yield from _folder(path, path, exclude, seen, on_line)
        else:
            yield _file(path, path.name, seen, on_line)


def _folder(root: Path, folder: Path, exclude: set[str], seen: set[str], on_line: OnLine) -> Iterator[Member]:
    name = folder.relative_to(root).as_posix()
    if name not in seen:
        seen.add(name)
        on_line(f"dir: {name}")
        yield _header(name, tarfile.DIRTYPE, 0o700), None
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        path = Path(entry.path)
        relative = path.relative_to(root).as_posix()
        if relative in exclude:
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _folder(root, path, exclude, seen, on_line)
        else:
            yield _file(path, relative, seen, on_line)


def _file(path: Path, name: str, seen: set[str], on_line: OnLine) -> Member:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        raise BadBundle(f"Expected file '{path}' to be a regular file")
    if name in seen:
        raise BadBundle(f"Found duplicate paths: {name}")
    seen.add(name)
    on_line(f"file: {name}")
    header = _header(name, tarfile.REGTYPE, stat.S_IMODE(found.st_mode) & 0o700)
    header.size = found.st_size
    return header, lambda: path.open("rb")


def _header(name: str, type: bytes, mode: int) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.mtime = type, mode, 0
    return header
