"""A folder that is followed: its saves, without ignored and temporary files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType

import watchfiles

from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows.dev.state import Gathering, Saved
from pkgops.flows.ports import utc_now

STEP_MILLISECONDS = 50
BEGIN_SECONDS = 30.0
GIT = ".git"


class FolderWatch:
    """Calls ``on_save`` from a thread with each save while the block lasts, without ignored files."""

    def __init__(self, folder: Path, on_save: Callable[[Saved | PkgopsError], None]) -> None:
        self._folder = folder.resolve()
        self._on_save = on_save
        self._stop = threading.Event()
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._run, name="folder", daemon=True)

    def __enter__(self) -> FolderWatch:
        """Start the thread, and return once every change from now on is reported."""
        self._thread.start()
        self._begun.wait(BEGIN_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the thread."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._follow()
        except PkgopsError as error:
            self._on_save(error)
        except (OSError, RuntimeError) as error:
            self._on_save(unwatchable(self._folder, str(error)))
        finally:
            self._begun.set()

    def _follow(self) -> None:
        gathering = Gathering()
        changes = watchfiles.watch(
            self._folder,
            debounce=STEP_MILLISECONDS,
            step=STEP_MILLISECONDS,
            rust_timeout=STEP_MILLISECONDS,
            yield_on_timeout=True,
            stop_event=self._stop,
            raise_interrupt=False,
        )
        for batch in changes:
            self._begun.set()
            # Before git lists the ignored files: it runs while the files of a save are
            # gathered.
            seen = utc_now()
            saved = gathering.take(relevant(self._folder, [path for _, path in batch]), seen)
            if saved is not None:
                self._on_save(saved)


def relevant(folder: Path, paths: Iterable[str]) -> tuple[str, ...]:
    """Return the paths that are part of a folder's snapshot, relative to it and in order."""
    from pkgops import local

    names = [Path(path).relative_to(folder) for path in paths if Path(path).is_relative_to(folder)]
    kept = {str(name) for name in names if name.parts and GIT not in name.parts}
    return tuple(sorted(kept - local.ignored(folder, kept))) if kept else ()


def unwatchable(folder: Path, why: str) -> PreflightError:
    """Return the error for a folder whose changes the system does not report."""
    return PreflightError(
        f"cannot follow {folder}",
        why=why,
        next="raise the limit: sysctl fs.inotify.max_user_watches=524288; or name a smaller folder",
        slug="folder-unwatchable",
    )
