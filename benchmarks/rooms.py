"""Which packages are called to show one commit, from the command to its output.

usage: python benchmarks/rooms.py [RECORDING]

Counted are the calls of ``pkgops replay --all``: every change of a recorded run is processed by the same
tracker, snapshots and lines as in a run that is watched, without a cluster. It is run twice, and counted the
second time, when every module has been imported.

A *room* is a package: the folder of a module of which a function was called. A *way up* is a pair of modules
of which the first calls a function of the second although the second one's package comes before its own in
``DOWN``. Packages that are not listed there (``view/``, which is called back, and those that all may use)
have no level.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent
RECORDING = "tests/data/traces/first-run.jsonl.gz"
DOWN = ("cli", "flows", "pipeline", "readiness", "model")


class Passed:
    """The calls between modules, counted by a profile function."""

    def __init__(self, package: Path) -> None:
        self._package = package
        self._modules: dict[str, str] = {}
        self.calls: Counter[tuple[str, str]] = Counter()
        """How often a function of the second module was called from one of the first."""

    def count(self, frame: FrameType, event: str, _: object) -> None:
        """Count one call; to be given to ``sys.setprofile``."""
        called = self._module(frame)
        if event == "call" and called:
            before = frame.f_back
            while before is not None and not self._module(before):
                before = before.f_back
            self.calls[self._module(before) if before else "", called] += 1

    def _module(self, frame: FrameType) -> str:
        """Return the path of a frame's module below the package; empty for modules of others."""
        name = frame.f_code.co_filename
        if name not in self._modules:
            path = Path(name)
            inside = path.is_relative_to(self._package)
            self._modules[name] = path.relative_to(self._package).as_posix() if inside else ""
        return self._modules[name]

    @property
    def rooms(self) -> list[str]:
        """The packages that were called."""
        return sorted({room(called) for _, called in self.calls})

    @property
    def up(self) -> list[tuple[str, str]]:
        """The pairs of modules with a call to a higher level."""
        return sorted(pair for pair in self.calls if goes_up(*pair))


def room(module: str) -> str:
    """Return the package of a module, given by its path."""
    return Path(module).parent.as_posix()


def goes_up(caller: str, called: str) -> bool:
    """Return whether a call goes from a level to a higher one."""
    levels = [module.partition("/")[0] for module in (caller, called)]
    return all(level in DOWN for level in levels) and DOWN.index(levels[1]) < DOWN.index(levels[0])


def walk(recording: Path) -> Passed:
    """Replay a recording twice, and return the calls of the second time."""
    import pkgops
    from pkgops.cli.main import main

    passed = Passed(Path(pkgops.__file__).parent)
    for profile in (None, passed.count):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            sys.setprofile(profile)
            try:
                main(["replay", str(recording), "--all"])
            finally:
                sys.setprofile(None)
    return passed


def main() -> None:
    """Print the rooms and the ways up."""
    passed = walk(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / RECORDING)
    print(f"rooms: {len(passed.rooms)}: {', '.join(passed.rooms)}")
    print(f"ways up: {len(passed.up)}")
    for caller, called in passed.up:
        print(f"  {caller} calls {called}")


if __name__ == "__main__":
    main()
