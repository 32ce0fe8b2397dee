"""The source of the programs: the official releases, this machine's compiler, or a folder.

The last choice is recorded in the cache, so that later starts, and ``pkgops local kubectl``, use the
same programs without further options.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pkgops import tools
from pkgops.errors import Interrupted, PreflightError, UsageError
from pkgops.local import release
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.instance import cache_home
from pkgops.local.release import Release

VARIABLE = "PKGOPS_PROGRAMS"
MIRROR_VARIABLE = "PKGOPS_PROGRAMS_MIRROR"
STEP = 50_000_000


@dataclass(frozen=True)
class ProgramSource:
    """The source of the programs.

    Attributes:
        kind: ``auto`` is a release where it can be reached, else the compiler.
        folder: with the programs, or with releases' archives, where ``kind`` is ``folder``; etcd, CoreDNS
            and containerd are compiled where it has neither of them.
        mirror: the address of a server with the projects' own paths; empty: the projects' own.
    """

    kind: Literal["auto", "download", "compile", "folder"] = "auto"
    folder: Path = Path()
    mirror: str = ""


def source(text: str = "", mirror: str = "") -> ProgramSource:
    """Return the parsed option: ``download``, ``compile``, a folder, or empty for ``auto``.

    Where it is empty, ``PKGOPS_PROGRAMS`` and ``PKGOPS_PROGRAMS_MIRROR`` count.

    Raises:
        UsageError: neither of the words, nor a folder.
    """
    text = text or os.environ.get(VARIABLE, "")
    mirror = mirror or os.environ.get(MIRROR_VARIABLE, "")
    if text in ("", "auto"):
        return ProgramSource(mirror=mirror)
    if text in ("download", "compile"):
        return ProgramSource("download" if text == "download" else "compile", mirror=mirror)
    folder = Path(text).expanduser()
    if not folder.is_dir():
        raise UsageError(
            f"{text!r} is neither download, compile, nor a folder",
            next="name the folder that has the programs, or the release's archive",
            slug="programs",
        )
    return ProgramSource("folder", folder.resolve(), mirror)


def chosen(pinned: Release) -> Path | None:
    """Return the folder of the programs that were chosen for a version; None means the compiled ones."""
    try:
        record = json.loads(_record(pinned).read_text())
    except (OSError, ValueError):
        return None
    folder = cache_home() / "bin" / str(record.get("folder") or "-")
    return folder if record.get("version") == pinned.version and folder.is_dir() else None


def choose(pinned: Release, folder: Path | None) -> None:
    """Record which programs are used from now on; None: the compiled ones."""
    if folder is None:
        _record(pinned).unlink(missing_ok=True)
        return
    draft = _record(pinned).with_suffix(".draft")
    draft.write_text(json.dumps({"version": pinned.version, "folder": folder.name}) + "\n")
    draft.replace(_record(pinned))


def provide(
    source: ProgramSource, pinned: Release, names: Collection[str], on_event: OnEvent, stop: threading.Event
) -> Path | None:
    """Provide programs from a folder or their release; None where they are to be compiled instead.

    Raises:
        PreflightError: they cannot be obtained, and no other source is allowed.
        Interrupted: ``stop`` was set.
    """
    if source.kind == "folder":
        return from_folder(pinned, names, source.folder, on_event)
    try:
        return from_release(pinned, names, source.mirror, on_event, stop)
    except (release.DownloadFailed, release.ArchiveRefused) as error:
        if source.kind != "auto":
            raise
        why = f": {error.why}" if error.why else ""
        on_event(PartEvent(pinned.name, "note", f"compiling it, because {error.what}{why}"))
        return None


def from_release(
    pinned: Release, names: Collection[str], mirror: str, on_event: OnEvent, stop: threading.Event
) -> Path:
    """Download the official programs and return their folder; existing ones are not downloaded again.

    Raises:
        DownloadFailed, ArchiveRefused: they cannot be obtained.
        Interrupted: ``stop`` was set.
    """
    folder = _release_folder(pinned)
    if folder.is_dir():
        return folder
    begun, reported = time.monotonic(), 0

    def progress(have: int, total: int) -> None:
        nonlocal reported
        if stop.is_set():
            raise Interrupted("the download was interrupted", next="run the command again; it continues")
        if have - reported >= STEP:
            reported = have
            of = f" of {total // 1_000_000} MB" if total else " MB"
            on_event(PartEvent(pinned.name, "working", f"downloading: {have // 1_000_000}{of}"))

    on_event(PartEvent(pinned.name, "working", f"downloading {pinned.url(mirror)}"))
    archive = release.download(pinned, cache_home() / "downloads", mirror, progress)
    _unpack(pinned, archive, names, folder)
    archive.unlink()
    took = time.monotonic() - begun
    on_event(PartEvent(pinned.name, "ready", f"{pinned.version} as released, checksum as pinned", took))
    return folder


def from_folder(pinned: Release, names: Collection[str], given: Path, on_event: OnEvent) -> Path | None:
    """Copy programs from a folder into the cache and return that folder.

    None where the folder has no program of a set that may be compiled instead.

    Raises:
        ArchiveRefused: the folder has the archive, but it is not the pinned one.
        PreflightError: a program is missing, or is of another version.
    """
    archive = given / pinned.archive
    if archive.exists():
        release.check(pinned, archive)
        folder = _release_folder(pinned)
        if not folder.is_dir():
            _unpack(pinned, archive, names, folder)
        return folder
    absent = [name for name in names if not (given / name).is_file()]
    if absent and pinned.name != release.KUBERNETES:
        return None
    if absent:
        raise PreflightError(
            f"{given} has no {', '.join(absent)}",
            next=f"put the programs of {pinned.name} {pinned.version} there, or its {pinned.archive}",
            slug="programs",
        )
    for name in names:
        _check_version(given / name, pinned)
    digest = hashlib.sha256()
    for name in sorted(names):
        with (given / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    folder = cache_home() / "bin" / f"{pinned.name}-{pinned.version}-given-{digest.hexdigest()[:12]}"
    if not folder.is_dir():
        with _Draft(folder) as draft:
            for name in names:
                shutil.copy2(given / name, draft / name)
                (draft / name).chmod(0o755)
    on_event(PartEvent(pinned.name, "ready", f"{pinned.version} from {given}"))
    return folder


class _Draft:
    """A folder that is renamed to its final name only when its content is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.draft = folder.with_name(f".{folder.name}.{os.getpid()}.draft")

    def __enter__(self) -> Path:
        shutil.rmtree(self.draft, ignore_errors=True)
        self.draft.mkdir(parents=True)
        return self.draft

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            self.draft.rename(self.folder)
        else:
            shutil.rmtree(self.draft, ignore_errors=True)


def _release_folder(pinned: Release) -> Path:
    return cache_home() / "bin" / f"{pinned.name}-{pinned.version}-release-{pinned.checksum[:12]}"


def _unpack(pinned: Release, archive: Path, names: Collection[str], folder: Path) -> None:
    with _Draft(folder) as draft:
        release.unpack(pinned, archive, names, lambda name: draft / name)


def _check_version(program: Path, pinned: Release) -> None:
    words = ("version", "--client") if program.name == "kubectl" else ("--version",)
    try:
        answer = tools.run(str(program), *words, deadline=30)
    except (tools.ToolFailed, OSError) as error:
        raise _other_version(program, pinned, str(error)) from None
    if pinned.shown not in answer.stdout.split():
        raise _other_version(program, pinned, tools.tail(answer.stdout, 3))


def _other_version(program: Path, pinned: Release, why: str) -> PreflightError:
    return PreflightError(
        f"{program} is not of {pinned.name} {pinned.version}",
        why=why,
        next=f"provide the programs of {pinned.version}, or use --programs compile",
        slug="programs",
    )


def _record(pinned: Release) -> Path:
    return cache_home() / "bin" / f"{pinned.name}.json"
