#!/usr/bin/env python3
"""Try the local cluster on throw-away Debian machines, and print a table of what was seen.

    sudo tests/machines/run.py --folder DIR [--suite bookworm] [--only NAME ...]

It is not part of the other checks: with hardware virtualization it takes half an hour, without it most of a
day. Needs root, qemu-system-x86, qemu-utils, debootstrap, openssh-client, and the compiled programs of a
local cluster in the cache (any start of one makes them). With --container it takes minutes: no emulator and
no kernel of its own, but systemd as the first process of its own namespaces. With --uml it takes one to two
hours: Debian's kernel for user mode. Both need slirp4netns, not qemu; the latter user-mode-linux too.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import uml
from container import Container
from machine import Broken, Image, Machine, hardware
from steps import Trial, Wrong
from trials import TRIALS

CHECKOUT = Path(__file__).parents[2]
CACHED = ("bin", "docker-registry", "images")
# What is not part of a stock machine must not run before it is meant to.
FILL = """
apt-get -qq update
apt-get -qq install --yes --no-install-recommends containerd runc containernetworking-plugins iptables \\
  conntrack iproute2 git debootstrap docker.io firewalld ufw systemd-resolved >/dev/null
# From Debian 13 on Docker's command is a package of its own.
if apt-cache show docker-cli >/dev/null 2>&1; then apt-get -qq install --yes docker-cli >/dev/null; fi
systemctl disable containerd docker docker.socket firewalld ufw systemd-resolved
rm -f /etc/resolv.conf
echo "nameserver 10.0.2.3" >/etc/resolv.conf
ln -sf /usr/local/go/bin/go /usr/local/bin/go
chmod -R a+rX /opt/pkgops
cp -a /opt/pkgops /root/pkgops
cp -a /opt/pkgops /home/dev/pkgops
for one in /root /home/dev; do (cd $one/pkgops && bin/pkgops version); done
chown -R dev: /home/dev
"""
# Under translation every answer takes its time; what is tried is not how fast it is.
PATIENCE = {
    "pkgops/local/answer_wait.py": ("DEADLINE = 300.0", "DEADLINE = 5400.0"),
    "pkgops/local/probes.py": ("SECONDS = 2.0", "SECONDS = 60.0"),
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    trial: Trial
    result: str
    seen: str
    seconds: float


def main() -> int:
    """Build what is missing, run the trials in their order, print the table; 1 if anything was wrong."""
    options = _options()
    image = Image(options.folder.resolve(), options.suite)
    if not image.disk.exists():
        _say(f"building {image.disk}")
        image.build(options.mirror)
        _fill(image, options)
    chosen = [trial for trial in TRIALS if _chosen(trial, options)]
    with tempfile.TemporaryDirectory(dir=image.folder) as scratch:
        machine = _machine(image, Path(scratch), options)
        try:
            _say("booting")
            machine.boot()
            rows = [_row(trial, machine) for trial in chosen]
            name = machine.run(". /etc/os-release; echo $PRETTY_NAME, $(uname -r)").text.strip()
        finally:
            machine.stop()
    print(table(name, rows, datetime.now(UTC), _how(options)))
    return int(any(row.result != "as it should be" for row in rows))


def _chosen(trial: Trial, options: argparse.Namespace) -> bool:
    """A kernel for user mode needs hours to compile, which is tried there only if it is named."""
    return trial.name in options.only if options.only else not (options.uml and trial.compiles)


def _machine(image: Image, folder: Path, options: argparse.Namespace) -> Container | uml.UserMode | Machine:
    if options.container:
        return Container(image, folder)
    if options.uml:
        return uml.UserMode(image, folder, options.memory)
    return Machine(image, folder, options.cpus, options.memory)


def _how(options: argparse.Namespace) -> str:
    if options.container:
        return "namespaces on this kernel"
    if options.uml:
        return "a kernel for user mode"
    return "hardware virtualization" if hardware() else "every instruction translated"


def table(machine: str, rows: list[Row], when: datetime, how: str) -> str:
    """Return the table as Markdown."""
    lines = [
        f"{machine} ({how}), {when:%Y-%m-%d}",
        "",
        "| tried | result | seen | seconds |",
        "| --- | --- | --- | --- |",
    ]
    for row in rows:
        seen = " ".join(row.seen.split()).replace("|", "/")
        lines.append(f"| {row.trial.meaning} | {row.result} | {seen} | {row.seconds:.0f} |")
    return "\n".join(lines)


def _row(trial: Trial, machine: Machine | Container | uml.UserMode) -> Row:
    _say(trial.meaning)
    begun = time.monotonic()
    try:
        result, seen = "as it should be", trial.run(machine)
    except (Wrong, Broken) as wrong:
        result, seen = "wrong", str(wrong)
    _say(f"  {result}: {seen}")
    return Row(trial, result, seen, time.monotonic() - begun)


def _fill(image: Image, options: argparse.Namespace) -> None:
    cache, slow = options.cache, not (options.container or options.uml or hardware())
    _say("installing into it")
    with tempfile.TemporaryDirectory(dir=image.folder) as scratch:
        sources = Path(scratch)
        archive = subprocess.run(["git", "-C", CHECKOUT, "archive", "HEAD"], capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", sources], input=archive.stdout, check=True)
        for name, (old, new) in PATIENCE.items() if slow else ():
            text = (sources / name).read_text()
            if old not in text:
                raise Broken(f"{name} has no line {old}")
            (sources / name).write_text(text.replace(old, new))
        copies = {cache / name: f"root/.cache/pkgops/{name}" for name in CACHED if (cache / name).exists()}
        go = shutil.which("go")
        if go:
            copies[Path(go).resolve().parents[1]] = "usr/local/go"
        if options.uml:
            copies |= uml.modules()
        image.fill({sources: "opt/pkgops", **copies}, FILL + (uml.FILL if options.uml else ""))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, required=True, help="for images and machines; 20 GB")
    parser.add_argument("--container", action="store_true", help="with an image folder of its own")
    parser.add_argument("--uml", action="store_true", help="with an image folder of its own")
    parser.add_argument("--suite", default="bookworm", help="of Debian: bookworm, trixie")
    parser.add_argument("--mirror", default="http://deb.debian.org/debian")
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "pkgops")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--memory", default="4G")
    parser.add_argument("--only", nargs="*", choices=[trial.name for trial in TRIALS])
    return parser.parse_args()


def _say(text: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
