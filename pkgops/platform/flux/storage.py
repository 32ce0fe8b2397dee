"""The storage of artifacts (files named as in ``status.artifact.path``) and their retention."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RETENTION_RECORDS = 2
RETENTION_SECONDS = 60.0


@dataclass(frozen=True)
class StoredArtifact:
    """A stored artifact: its path below the storage, its digest and its size in bytes."""

    path: str
    digest: str
    size: int


class Storage:
    """The artifacts of one platform process."""

    def __init__(self, root: Path, base_url: str) -> None:
        self.root = root
        self._base_url = base_url

    def url(self, path: str) -> str:
        """Return the URL of an artifact."""
        return f"{self._base_url}/{path}"

    def has(self, path: str, digest: str) -> bool:
        """Return whether an artifact exists with the given digest."""
        file = self.root / path
        return bool(path) and file.is_file() and f"sha256:{_sha256(file.read_bytes())}" == digest

    def read(self, path: str) -> bytes:
        """Return the content of an artifact. Raises OSError."""
        return (self.root / path).read_bytes()

    def write(self, namespace: str, name: str, commit: str, content: bytes) -> StoredArtifact:
        """Store an artifact atomically. Raises OSError."""
        path = f"{self._folder(namespace, name)}/{commit}.tar.gz"
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_suffix(".new")
        temporary.write_bytes(content)
        temporary.replace(file)
        return StoredArtifact(path, f"sha256:{_sha256(content)}", len(content))

    def collect(self, namespace: str, name: str, current: str, now: float) -> int:
        """Delete artifacts that are neither among the newest nor within the retention time; return how many.

        Args:
            namespace: of the GitRepository.
            name: of the GitRepository.
            current: the path in its status, which is always kept.
            now: seconds since 1970.
        """
        folder = self.root / self._folder(namespace, name)
        newest_first = sorted(_by_age(folder), reverse=True)
        old = [
            file
            for written, file in newest_first[RETENTION_RECORDS:]
            if file != self.root / current and now - written > RETENTION_SECONDS
        ]
        for file in old:
            file.unlink(missing_ok=True)
        return len(old)

    def drop(self, namespace: str, name: str) -> None:
        """Delete all artifacts of one object."""
        shutil.rmtree(self.root / self._folder(namespace, name), ignore_errors=True)

    @staticmethod
    def _folder(namespace: str, name: str) -> str:
        return f"gitrepository/{namespace}/{name}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _by_age(folder: Path) -> Iterator[tuple[float, Path]]:
    """Yield the modification time and the file of each artifact; one that is deleted meanwhile is skipped."""
    for file in folder.glob("*.tar.gz"):
        with contextlib.suppress(FileNotFoundError):
            yield file.stat().st_mtime, file
