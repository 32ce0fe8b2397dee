"""Fetching the source of a build: an archive, a Git revision or an image."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import urllib3

from pkgops.lifecycle.phase import Code, PhaseError, registry_client
from pkgops.oci.image import read_image
from pkgops.oci.reference import ImageRef
from pkgops.oci.unpacking import unpack

_KNOWN = "unexpected blob file type, must be one of .zip, .tar.gz, .tar, .jar"


def fetch(environ: Mapping[str, str], workspace: Path) -> str:
    """Fetch the source that the environment names into the workspace.

    Returns:
        The commit of a Git source, the sha256 of an archive, else "".

    Raises:
        PhaseError: it cannot be fetched.
    """
    with tempfile.TemporaryDirectory(dir=workspace) as work:
        folder = Path(work) / "source"
        folder.mkdir()
        version = _fetch(environ, folder)
        found = folder / environ.get("SOURCE_SUB_PATH", "").strip("/")
        if not found.is_dir():
            raise PhaseError(f"there is no folder {environ['SOURCE_SUB_PATH']!r} in the source", Code.FAILED)
        for entry in found.iterdir():
            shutil.move(entry, workspace / entry.name)
    return version


def _fetch(environ: Mapping[str, str], folder: Path) -> str:
    if environ.get("BLOB_URL"):
        return _blob(environ["BLOB_URL"], int(environ.get("BLOB_STRIP_COMPONENTS") or 0), folder)
    if environ.get("GIT_URL"):
        return _git(environ, folder)
    if environ.get("REGISTRY_IMAGE"):
        return _registry(environ["REGISTRY_IMAGE"], folder)
    raise PhaseError("no git url, blob url, or registry image provided", Code.FAILED)


BACKOFF_SECONDS = 0.4
"""The first pause before a server that does not respond is tried again; it doubles each time."""


def _blob(url: str, strip: int, folder: Path) -> str:
    # A failed build is not run again, so a server that is just restarting must not fail it.
    retries = urllib3.Retry(6, backoff_factor=BACKOFF_SECONDS)
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=10, read=60), retries=retries)
    try:
        response = pool.request("GET", url)
    except urllib3.exceptions.HTTPError as error:
        reason = getattr(error, "reason", error)
        raise PhaseError(f"failed to get blob {url}: {reason}", Code.FAILED) from error
    if response.status != 200:
        text = f"failed to get blob {url}: {response.status} {response.reason}"
        raise PhaseError(text, Code.FAILED)
    _unpack_archive(response.data, folder)
    for _ in range(strip):
        _strip_one(folder)
    place = urlsplit(url)
    print(f'Successfully downloaded {place.netloc}{place.path} in path "/workspace"')
    return hashlib.sha256(response.data).hexdigest()


def _unpack_archive(content: bytes, folder: Path) -> None:
    if zipfile.is_zipfile(io.BytesIO(content)):
        _unzip(content, folder)
    elif _is_tar(content):
        unpack(io.BytesIO(content), folder)
    else:
        raise PhaseError(_KNOWN, Code.FAILED)


def _is_tar(content: bytes) -> bool:
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as tar:
            tar.next()
    except (tarfile.TarError, EOFError, OSError):
        return False
    return True


def _unzip(content: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for entry in archive.infolist():
            if ".." in PurePosixPath(entry.filename).parts:
                raise PhaseError(f"{entry.filename}: leaves the folder", Code.FAILED)
            path = Path(archive.extract(entry, folder))
            mode = entry.external_attr >> 16 & 0o777
            if mode and not entry.is_dir():
                path.chmod(mode | 0o600)


def _strip_one(folder: Path) -> None:
    for outer in list(folder.iterdir()):
        if outer.is_dir():
            for entry in list(outer.iterdir()):
                shutil.move(entry, folder / f".{entry.name}.stripped")
            outer.rmdir()
        else:
            outer.unlink()
    for entry in list(folder.iterdir()):
        entry.rename(folder / entry.name.removeprefix(".").removesuffix(".stripped"))


def _git(environ: Mapping[str, str], folder: Path) -> str:
    url, revision = environ["GIT_URL"], environ.get("GIT_REVISION") or "HEAD"
    steps: list[tuple[str, ...]] = [
        ("init", "-q"),
        ("remote", "add", "origin", url),
        ("fetch", "-q", "--depth=1", "origin", revision),
        ("checkout", "-q", "FETCH_HEAD"),
    ]
    if environ.get("GIT_INITIALIZE_SUBMODULES") == "true":
        steps.append(("submodule", "-q", "update", "--init", "--recursive"))
    for step in steps:
        _run_git(step, folder, environ)
    commit = _run_git(("rev-parse", "HEAD"), folder, environ).strip()
    shutil.rmtree(folder / ".git")
    print(f'Successfully cloned "{url}" @ "{commit}" in path "/workspace"')
    return commit


def _run_git(arguments: tuple[str, ...], folder: Path, environ: Mapping[str, str]) -> str:
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise PhaseError(f"git {arguments[0]}: {done.stderr.strip()}", Code.FAILED)
    return done.stdout


def _registry(image: str, folder: Path) -> str:
    client = registry_client()
    for layer in read_image(client, ImageRef.parse(image)).layers:
        with layer.open() as blob:
            unpack(blob, folder)
    print(f'Successfully pulled {image} in path "/workspace"')
    return ""
