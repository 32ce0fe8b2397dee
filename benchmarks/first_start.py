"""The time from a clone to the application's first response, by stage, on a connection of 100 Mbit/s.

Run as root, where the programs are compiled: ``python benchmarks/first_start.py [--rate MB/s]``. The home,
cache and state folders are empty. The releases are archives of those programs, that of Kubernetes as large as
the official one, from a server on loopback that limits the rate of all of them together. All other downloads
(libraries of Python, Debian's packages, Go's modules) come from this machine's usual sources, at full speed;
Debian's packages that are installed already are not installed again. Stages that overlap are done at the same
time.
"""

from __future__ import annotations

import argparse
import hashlib
import http.server
import os
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops import local, tools
from pkgops.local import go_sets, golang, release
from pkgops.local.events import PartEvent
from pkgops.local.programs import ProgramSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

INSTANCE = "pkgops-first"
CHECKOUT = Path(__file__).parents[1]
OFFICIAL_SIZE = 370_000_000
"""About the size of the server archive of the pinned version, in bytes."""
GOAL = 180.0
PATIENCE = 1800.0
UP = ("up", "--yes", "--progress", "plain")
BLOCK = 1 << 18

_LAYERS = "images"


class Stages:
    """When each stage began and ended, in seconds since the clone."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._spans: dict[str, tuple[float, float]] = {}

    def now(self) -> float:
        """Return the seconds since the clone."""
        return time.monotonic() - self._begun

    def record(self, event: PartEvent) -> None:
        """Record an event of the cluster: a part begins with its first event and ends with its last one."""
        name = event.part
        if name == _LAYERS and event.detail:
            name = f"image layer {event.detail.partition(':')[0]}" if ":" in event.detail else event.detail
        begin, _ = self._spans.get(name, (self.now() - event.seconds, 0.0))
        self._spans[name] = (begin, self.now())

    def timed(self, name: str, work: Callable[[], object]) -> None:
        """Run a function and record it as a stage."""
        begin = self.now()
        work()
        self._spans[name] = (begin, self.now())

    def show(self) -> None:
        """Print the stages in the order in which they began, and the processor time of all of them."""
        for name, (begin, end) in sorted(self._spans.items(), key=lambda one: one[1]):
            print(f"{name:44} {end - begin:7.1f} s   from {begin:6.1f} to {end:6.1f}", flush=True)
        print(f"{'from the clone to the end':44} {self.now():7.1f} s   goal {GOAL:.0f} s", flush=True)
        used = os.times()
        spent = used.user + used.system + used.children_user + used.children_system
        print(f"{'processor time, but for the parts':44} {spent:7.1f} s", flush=True)


def main() -> None:
    """Print the stages of one first start."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=12.5, help="of the line, MB/s")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pkgops-first-") as folder:
        scratch = Path(folder)
        archives = {one.path: made_archive(one, scratch / one.archive) for one in release.PINNED.values()}
        release.PINNED = {name: as_made(one, archives[one.path]) for name, one in release.PINNED.items()}
        with served(archives, arguments.rate * 1e6) as mirror:
            measure(scratch, mirror)


def as_made(pinned: release.Release, archive: Path) -> release.Release:
    """Return a release with the checksum of an archive that was made here."""
    with archive.open("rb") as file:
        return replace(pinned, checksum=hashlib.file_digest(file, pinned.algorithm).hexdigest())


def measure(scratch: Path, mirror: str) -> None:
    """Run every step of a first start in empty folders, and print how long each took."""
    emptied = {
        "HOME": scratch / "home",
        "XDG_CACHE_HOME": scratch / "cache",
        "XDG_STATE_HOME": scratch / "state",
    }
    os.environ |= {name: str(path) for name, path in emptied.items()}
    os.environ["PKGOPS_INSTANCE"] = INSTANCE
    os.environ["PYTHONPYCACHEPREFIX"] = str(scratch / "cache" / "pkgops" / "pycache")
    for name in ("PKGOPS_PROGRAMS", "GOMODCACHE", "GOPATH"):
        os.environ.pop(name, None)
    print(f"load when it began: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
    stages = Stages()
    program = str(CHECKOUT / "bin" / "pkgops")
    lines: list[str] = []

    def add_line(line: str) -> None:
        lines.append(f"{stages.now():7.1f} s   {line.rstrip()}")

    # By the interpreter that starts the cluster, under the same name: another one's parts are started again.
    words = (sys.executable, "-c", "from pkgops.cli.main import main; main()", *UP)
    try:
        stages.timed("Python environment", lambda: tools.run(program, "--help", deadline=PATIENCE))
        source = ProgramSource("download", mirror=mirror)
        stages.timed("local up", lambda: local.up(INSTANCE, stages.record, source=source))
        run = partial(tools.follow, *words, on_line=add_line, cwd=CHECKOUT, deadline=PATIENCE)
        stages.timed("pkgops up, to the answer", run)
    finally:
        stages.show()
        print(*lines, sep="\n", flush=True)
        local.down(INSTANCE)


def made_archive(pinned: release.Release, path: Path) -> Path:
    """Return an archive of the compiled programs; that of Kubernetes is as large as the official one."""
    (wanted,) = (one for one in go_sets.sets() if one.name == pinned.name)
    folder = wanted.compiled(golang.fetch().version)
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for name, _package in wanted.packages:
            tar.add(folder / name, f"{pinned.below}/{name}".lstrip("/"))
        missing = OFFICIAL_SIZE - path.stat().st_size if pinned.name == release.KUBERNETES else 0
        if missing > 0:
            filler = path.with_name("filler")
            with filler.open("wb") as file:
                file.write(os.urandom(missing))
            tar.add(filler, "kubernetes/kubernetes-src.tar.gz")
            filler.unlink()
    return path


class RateLimit:
    """A rate limit that all downloads share."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._free = time.monotonic()
        self._lock = threading.Lock()

    def send(self, count: int) -> None:
        """Wait until so many bytes may be sent."""
        with self._lock:
            self._free = max(self._free, time.monotonic()) + count / self._rate
            free = self._free
        time.sleep(max(0.0, free - time.monotonic()))


@contextmanager
def served(archives: Mapping[str, Path], rate: float) -> Iterator[str]:
    """Serve archives by their paths with so many bytes a second; yields the server's address."""
    limit = RateLimit(rate)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            archive = archives[self.path.lstrip("/")]
            self.send_response(200)
            self.send_header("Content-Length", str(archive.stat().st_size))
            self.end_headers()
            with archive.open("rb") as file:
                while block := file.read(BLOCK):
                    self.wfile.write(block)
                    limit.send(len(block))

        def log_message(self, *_words: object) -> None:
            """Log nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


if __name__ == "__main__":
    main()
