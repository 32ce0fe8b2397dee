"""Official releases: an archive is downloaded, verified, and its programs are extracted.

Each archive's checksum is pinned here: that of Kubernetes (SHA-512) from its project's changelog,
those of etcd, CoreDNS and containerd (SHA-256) as the projects publish them with the archives. So a
mirror, or a file of the user, is as trustworthy as the project's own server.
"""

from __future__ import annotations

import hashlib
import http
import os
import tarfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3

from pkgops.errors import PreflightError

KUBERNETES, ETCD, COREDNS, CONTAINERD = "kubernetes", "etcd", "coredns", "containerd"
CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0
CHUNK = 1 << 20
TRIES = 4
SHA512_DIGITS = 128

OnProgress = Callable[[int, int], None]
"""Called with the number of downloaded bytes and the total (0 where the server does not return it)."""


class DownloadFailed(PreflightError):
    """The archive could not be downloaded."""

    slug = "release-download"


class ArchiveRefused(PreflightError):
    """A file is not the pinned release, or lacks a program."""

    slug = "release-archive"


@dataclass(frozen=True, kw_only=True)
class Release:
    """A released archive of programs for Linux on x86_64.

    Attributes:
        name: of the set of programs.
        version: as the project's tags write it.
        server: the project's own.
        path: of the archive, below its server or a mirror.
        checksum: of the archive, in hex; SHA-512 or SHA-256, by its length.
        below: the folder of the programs in the archive; empty: its top.
        shown: the version as its programs print it.
    """

    name: str
    version: str
    server: str
    path: str
    checksum: str
    below: str
    shown: str

    @property
    def archive(self) -> str:
        """The archive's file name."""
        return self.path.rpartition("/")[2]

    @property
    def algorithm(self) -> str:
        """The checksum's, as ``hashlib`` names it."""
        return "sha512" if len(self.checksum) == SHA512_DIGITS else "sha256"

    def url(self, mirror: str = "") -> str:
        """Return the archive's address; a mirror has the same paths below its own address."""
        return f"{(mirror or self.server).rstrip('/')}/{self.path}"


PINNED = {
    KUBERNETES: Release(
        name=KUBERNETES,
        version="v1.37.1",
        server="https://dl.k8s.io",
        path="v1.37.1/kubernetes-server-linux-amd64.tar.gz",
        checksum="7460f368c6049dfec1121a0bb3528257f47439e4a0c3d8b1740377cf21073e45"
        "c7d911845b8de61d68aae6b57cafa24885d8378f183a26bc2df0d321c4993afd",
        below="kubernetes/server/bin",
        shown="v1.37.1",
    ),
    ETCD: Release(
        name=ETCD,
        version="v3.6.5",
        server="https://github.com",
        path="etcd-io/etcd/releases/download/v3.6.5/etcd-v3.6.5-linux-amd64.tar.gz",
        checksum="66bad39ed920f6fc15fd74adcb8bfd38ba9a6412f8c7852d09eb11670e88cac3",
        below="etcd-v3.6.5-linux-amd64",
        shown="3.6.5",
    ),
    COREDNS: Release(
        name=COREDNS,
        version="v1.14.7",
        server="https://github.com",
        path="coredns/coredns/releases/download/v1.14.7/coredns_1.14.7_linux_amd64.tgz",
        checksum="9a09356438c6d9591cb80011a2a7a52f87fc3a113f6690e41f243f98b98faac9",
        below="",
        shown="CoreDNS-1.14.7",
    ),
    CONTAINERD: Release(
        name=CONTAINERD,
        version="v2.3.4",
        server="https://github.com",
        # The statically linked programs run with every C library.
        path="containerd/containerd/releases/download/v2.3.4/containerd-static-2.3.4-linux-amd64.tar.gz",
        checksum="1d0eccd52471ab75e8d4645b538f73dc635f905cd2be776366eb1036a0089595",
        below="bin",
        shown="v2.3.4",
    ),
}


def download(
    release: Release,
    folder: Path,
    mirror: str,
    on_progress: OnProgress,
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """Download the archive into a folder, verify it, and return its path; an interrupted download is resumed.

    Raises:
        DownloadFailed: it cannot be reached, or the connection broke too often.
        ArchiveRefused: the downloaded file has another checksum; it is deleted.
    """
    folder.mkdir(parents=True, exist_ok=True)
    url = release.url(mirror)
    part = folder / f"{release.version}-{release.archive}.part"
    with _pool(url, environ) as pool:
        for left in reversed(range(TRIES)):
            try:
                _fetch(pool, url, part, on_progress)
                break
            except urllib3.exceptions.MaxRetryError as error:
                raise _unreachable(url, str(error.reason or error)) from None
            except urllib3.exceptions.HTTPError as error:
                # The response broke off: the rest is requested.
                if not left:
                    raise _unreachable(url, str(error)) from None
    try:
        check(release, part)
    except ArchiveRefused:
        part.unlink()
        raise
    return part.replace(part.with_suffix(""))


def check(release: Release, archive: Path) -> None:
    """Compare an archive with the pinned checksum.

    Raises:
        ArchiveRefused: it has another.
    """
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, release.algorithm).hexdigest()
    if found != release.checksum:
        raise ArchiveRefused(
            f"{archive} is not the {release.archive} of {release.name} {release.version}",
            why=f"{release.algorithm} {found[:16]}…, pinned is {release.checksum[:16]}…",
            next="use another mirror, or --programs compile",
        )


def unpack(release: Release, archive: Path, names: Collection[str], place: Callable[[str], Path]) -> None:
    """Write the named programs of an archive to the paths of ``place``; nothing else of it is extracted.

    Raises:
        ArchiveRefused: it cannot be read, or lacks a program.
    """
    wanted = {f"{release.below}/{name}".lstrip("/"): name for name in names}
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                path = member.name.removeprefix("./")
                name = wanted.get(path)
                source = tar.extractfile(member) if name and member.isreg() else None
                if name is None or source is None:
                    continue
                with place(name).open("wb") as target:
                    while block := source.read(CHUNK):
                        target.write(block)
                place(name).chmod(0o755)
                del wanted[path]
                if not wanted:
                    return
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveRefused(f"{archive} cannot be read: {error}", next="--programs compile") from None
    raise ArchiveRefused(
        f"{archive} has no {', '.join(sorted(wanted.values()))}",
        why=f"programs are searched below {release.below or '.'}/",
        next="use the project's own archive, or --programs compile",
    )


def _fetch(pool: urllib3.PoolManager, url: str, part: Path, on_progress: OnProgress) -> None:
    have = part.stat().st_size if part.exists() else 0
    asked = {"Range": f"bytes={have}-"} if have else {}
    answer = pool.request("GET", url, headers=asked, preload_content=False)
    try:
        if answer.status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return
        if answer.status not in (http.HTTPStatus.OK, http.HTTPStatus.PARTIAL_CONTENT):
            raise _unreachable(url, f"HTTP {answer.status}")
        goes_on = answer.status == http.HTTPStatus.PARTIAL_CONTENT
        have = have if goes_on else 0
        length = int(answer.headers.get("Content-Length") or 0)
        total = have + length if length else 0
        with part.open("ab" if goes_on else "wb") as file:
            for block in answer.stream(CHUNK):
                file.write(block)
                have += len(block)
                on_progress(have, total)
    finally:
        answer.release_conn()


def _pool(url: str, environ: Mapping[str, str]) -> urllib3.PoolManager:
    """Return connections to the archive's server, through the proxy that the environment names for it."""
    host, scheme = urllib3.util.parse_url(url).host or "", urllib3.util.parse_url(url).scheme or ""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    redirects = urllib3.Retry(total=None, connect=0, read=0, status=0, other=0, redirect=5)
    names = (f"{scheme}_proxy", f"{scheme}_proxy".upper())
    proxy = next((environ[name] for name in names if environ.get(name)), "")
    if proxy and not _bypassed(host, environ):
        return urllib3.ProxyManager(proxy, timeout=timeout, retries=redirects)
    return urllib3.PoolManager(timeout=timeout, retries=redirects)


def _bypassed(host: str, environ: Mapping[str, str]) -> bool:
    """Return whether no_proxy names a host: itself, a parent domain, or all hosts."""
    names = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").split(",")
    domains = [name.strip().lstrip(".").lower() for name in names if name.strip()]
    return any(name == "*" or host == name or host.endswith(f".{name}") for name in domains)


def _unreachable(url: str, why: str) -> DownloadFailed:
    return DownloadFailed(
        f"{url} cannot be downloaded", why=why, next="name a mirror, or use --programs compile"
    )
