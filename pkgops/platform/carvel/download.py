"""Sources of kind ``http``, fetched as vendir does: one file, unpacked where it is an archive."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import urllib3

from pkgops.platform.carvel.secrets import References
from pkgops.platform.carvel.sources import SourceError, basic_credentials, scoped

_TIMEOUT = urllib3.Timeout(connect=10, read=60)
# Redirects are followed; errors are not retried, since the App is reconciled again.
_ONCE = urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=10)


def download(spec: dict[str, Any], references: References, target: Path) -> None:
    """Fetch an ``http`` source into a folder.

    Raises:
        MissingReference: its Secret does not exist.
        SourceError: it cannot be fetched, or has another checksum.
    """
    url = str(spec.get("url") or "")
    if not url:
        raise SourceError("Expected non-empty URL")
    try:
        content = _content(url, spec, references)
    except SourceError as error:
        raise SourceError(f"Downloading URL: {error.what}") from error
    _unpack(content, url, target)


def _content(url: str, spec: dict[str, Any], references: References) -> bytes:
    headers = {}
    if name := (spec.get("secretRef") or {}).get("name"):
        user, password = basic_credentials(references.secret(name), name, "Adding auth to request: ")
        if user or password:
            headers = urllib3.util.make_headers(basic_auth=f"{user}:{password}")
    pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=_ONCE)
    try:
        response = pool.request("GET", url, headers=headers)
    except urllib3.exceptions.HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise SourceError(f'Initiating URL download: Get "{url}": {reason}') from error
    if response.status != 200:
        raise SourceError(f"Expected 200 OK, but was '{response.status} {response.reason}'")
    content = bytes(response.data)
    expected, digest = str(spec.get("sha256") or ""), hashlib.sha256(content).hexdigest()
    if expected and expected != digest:
        raise SourceError(f"Expected digest to match 'sha256:{expected}', but was 'sha256:{digest}'")
    return content


def _unpack(content: bytes, url: str, target: Path) -> None:
    """Write the files of a zip, tar.gz or tar into a folder; other content as one file named by its URL.

    vendir does not unpack an archive that has entries other than files and folders, for example links.
    """
    for files in (_zipped, _gzipped_tar, _tar):
        try:
            for name, data in files(content):
                _write(target, name, data)
        except _NoArchive:
            continue
        return
    _write(target, PurePosixPath(urlsplit(url).path).name or "content", content)


class _NoArchive(Exception):
    pass


def _zipped(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            yield from (
                (entry.filename, archive.read(entry)) for entry in archive.infolist() if not entry.is_dir()
            )
    except zipfile.BadZipFile as error:
        raise _NoArchive from error


def _gzipped_tar(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        plain = gzip.decompress(content) if content else None
    except (OSError, EOFError) as error:
        raise _NoArchive from error
    if plain is None:
        raise _NoArchive
    yield from _tar(plain)


def _tar(content: bytes) -> Iterator[tuple[str, bytes]]:
    if not content.strip(b"\0"):
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for entry in archive:
                if entry.isdir():
                    continue
                data = archive.extractfile(entry) if entry.isreg() else None
                if data is None:
                    raise _NoArchive
                yield entry.name, data.read()
    except tarfile.TarError as error:
        raise _NoArchive from error


def _write(target: Path, name: str, content: bytes) -> None:
    path = scoped(target, name.lstrip("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
