"""The programs of the local cluster in the user's cache: compiled from pinned Go modules, or as released.

A set's folder is named after a checksum of its sources' pins, the flags and the toolchain, so
that nothing is built twice and nothing old is used. A binary is renamed to its final name only when it is
complete; what an interrupted build compiled is kept in the compiler's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pkgops import tools
from pkgops.local import programs, release
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.go_sets import HELPERS, GoSet, sets
from pkgops.local.golang import Go
from pkgops.local.instance import cache_home
from pkgops.local.programs import ProgramSource


@dataclass(frozen=True)
class Binaries:
    """Where each compiled program is."""

    paths: dict[str, Path]

    def __getitem__(self, name: str) -> Path:
        return self.paths[name]


def located(go_version: str) -> Binaries:
    """Return where every program is, or will be."""
    return Binaries(
        {name: one.folder(go_version) / name for one in sets() for name, _package in one.packages}
    )


def missing(go_version: str) -> list[str]:
    """Return the names of the programs that must still be built."""
    return [name for name, path in located(go_version).paths.items() if not _sound(path)]


def ensure(
    go: Go, on_event: OnEvent, source: ProgramSource | None = None, helped: Callable[[], object] = dict
) -> Binaries:
    """Compile or download missing programs: they are compiled one at a time, while releases are downloaded.

    Args:
        go: the compiler.
        on_event: gets every program.
        source: where the released programs come from; None: by ``PKGOPS_PROGRAMS``.
        helped: called once the helpers exist, in parallel to all but Kubernetes, which needs the memory.

    Raises:
        ToolFailed: the compiler refused; its last lines are in the error.
        PreflightError: the programs cannot be obtained from their source.
    """
    source = source or programs.source()
    stop = threading.Event()
    released = [one for one in sets() if one.name in release.PINNED]
    with ThreadPoolExecutor(1 + len(released)) as pool:
        coming = {one.name: pool.submit(_provide, go, one, source, on_event, stop) for one in released}
        try:
            built = _compile(go, [one for one in sets() if one.name == HELPERS.name], on_event)
            done = pool.submit(helped)
            for one in (one for one in sets() if one.name not in (HELPERS.name, release.KUBERNETES)):
                if one.name in coming:
                    coming[one.name].result()
                built += _compile(go, [one], on_event)
            done.result()
            for future in coming.values():
                future.result()
        finally:
            stop.set()
    built += _compile(go, [one for one in sets() if one.name == release.KUBERNETES], on_event)
    if built and not missing(go.version):
        shutil.rmtree(cache_home() / "go-build", ignore_errors=True)
    return located(go.version)


def _compile(go: Go, wanted: list[GoSet], on_event: OnEvent) -> int:
    """Compile what is missing of some sets, and return how many programs that were."""
    absent = [
        (one, name, package)
        for one in wanted
        for name, package in one.packages
        if not _sound(one.folder(go.version) / name)
    ]
    for one, name, package in absent:
        _build(go, one, name, package, on_event)
    return len(absent)


def _provide(go: Go, one: GoSet, source: ProgramSource, on_event: OnEvent, stop: threading.Event) -> None:
    """Provide the programs of a set from a folder or release, where that is their source."""
    pinned = release.PINNED[one.name]
    if source.kind == "compile":
        programs.choose(pinned, None)
        return
    names = [name for name, _package in one.packages]
    if source.kind == "auto" and all(_sound(one.folder(go.version) / name) for name in names):
        return
    folder = programs.provide(source, pinned, names, on_event, stop)
    for path in [folder / name for name in names] if folder is not None else ():
        if not _sound(path):
            adopt(path)
    programs.choose(pinned, folder)


def verify(go_version: str) -> list[Path]:
    """Read every existing binary and return those that are not the built ones."""
    wrong = []
    for path in located(go_version).paths.values():
        record = _record(path)
        if record and (not path.exists() or _checksum(path) != record.get("sha256")):
            wrong.append(path)
    return wrong


def adopt(path: Path) -> None:
    """Record a binary's checksum and size: from now on it counts as built."""
    facts = {"sha256": _checksum(path), "size": path.stat().st_size}
    _record_path(path).write_text(json.dumps(facts) + "\n")


def _build(go: Go, one: GoSet, name: str, package: str, on_event: OnEvent) -> None:
    begun = time.monotonic()
    folder = one.compiled(go.version)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.{os.getpid()}.draft"
    on_event(PartEvent(name, "working", "compiling"))
    count = 0

    def compiled(line: str) -> None:
        nonlocal count
        count += 1
        if count % 25 == 0:
            on_event(PartEvent(name, "working", f"compiling: {count} packages, now {line.strip()[:60]}"))

    options = ("-v", "-trimpath", "-tags", ",".join(one.tags), "-ldflags", one.flags)
    build = ("build", *options, "-o", str(draft), package)
    tools.follow(str(go.program), *build, on_line=compiled, cwd=one.source, env=go.environment())
    draft.replace(folder / name)
    adopt(folder / name)
    size = (folder / name).stat().st_size // 1_000_000
    on_event(PartEvent(name, "ready", f"compiled, {size} MB", time.monotonic() - begun))


def _record_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _record(path: Path) -> dict[str, object]:
    try:
        found: dict[str, object] = json.loads(_record_path(path).read_text())
    except (OSError, ValueError):
        return {}
    return found


def _sound(path: Path) -> bool:
    """Return whether a binary exists with its recorded size; reading all of it would take too long."""
    try:
        return path.stat().st_size == _record(path).get("size")
    except OSError:
        return False


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
