"""Debian with systemd as the first process of its own namespaces: a machine without a kernel of its own.

It is as fast as this machine, which must have cgroups of version 1 and slirp4netns. What belongs to the
kernel is this machine's: its modules, its version of cgroups, AppArmor; settings outside of ``net/`` are
read-only. Names and the way out come from slirp4netns, with the addresses that qemu's own network has. A
restart ends every process and brings a new network, new cgroups and a new boot id.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from machine import Broken, Done, Image, call, ssh

NAME = "pkgops-machine"
NETNS = Path("/run/netns") / NAME
CGROUPS = Path("/sys/fs/cgroup")
BOOT_SECONDS = 120.0
# $1 is the disk, $2 the folder to mount it at, $3 where the first process is recorded.
INSIDE = rf"""
for top in {CGROUPS}/*/; do echo $$ >$top/{NAME}/cgroup.procs; done
exec unshare --mount --pid --fork --kill-child --uts --ipc --cgroup -- bash -euc '
mount --make-rprivate /
mount -o loop "$1" "$2"; cd "$2"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
mkdir dev/pts dev/shm dev/net
node() {{ mknod -m 666 dev/$1 c $2 $3; }}
node null 1 3; node zero 1 5; node full 1 7; node random 1 8; node urandom 1 9; node tty 5 0; node kmsg 1 11
node net/tun 10 200
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for one in stdin:0 stdout:1 stderr:2; do ln -s fd/${{one#*:}} dev/${{one%:*}}; done
for top in {CGROUPS}/*/; do
  name=$(basename $top); mkdir sys/fs/cgroup/$name; mount --bind $top/{NAME} sys/fs/cgroup/$name
done
mount --rbind proc/sys proc/sys; mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net; mount -o remount,bind,rw proc/sys/net
echo 0 >proc/sys/net/ipv4/ip_forward
cat proc/sys/kernel/random/uuid >run/boot_id; mount --bind run/boot_id proc/sys/kernel/random/boot_id
rm -f etc/systemd/network/10-qemu.network; echo >etc/fstab; hostname {NAME}
mkdir -p old; pivot_root . old
exec chroot . sh -c "umount -l /old; exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --log-target=journal"
' inside "$@"
"""
# slirp4netns opens its device in the folder of this machine, which may have none.
NETWORK = f"""
mount --make-rprivate /; mount -t tmpfs tmpfs /mnt; mkdir /mnt/net
mknod /mnt/net/tun c 10 200; mknod -m 666 /mnt/null c 1 3; mknod -m 666 /mnt/urandom c 1 9
mount --move /mnt /dev
exec slirp4netns --configure --mtu=1500 --netns-type=path {NETNS} tap0
"""


@dataclass
class Container:
    """Such a machine; what it writes to its copy of the image goes with its folder."""

    image: Image
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list, repr=False)

    def boot(self) -> None:
        """Start it and return when it answers."""
        if (CGROUPS / "cgroup.controllers").exists():
            raise Broken("a container needs separate hierarchies of cgroups (version 1)")
        disk, root = self.folder / "disk.raw", self.folder / "root"
        if not disk.exists():
            root.mkdir(parents=True)
            call("cp", "--sparse=always", str(self.image.disk), str(disk))
        call("ip", "netns", "add", NAME)
        call("ip", "-n", NAME, "link", "set", "lo", "up")
        for top in _tops():
            (top / NAME).mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                if (top / name).exists():
                    (top / NAME / name).write_text((top / name).read_text())
        enter = ("nsenter", f"--net={NETNS}", "bash", "-euc", INSIDE, "inside", str(disk), str(root))
        self._start("systemd.log", *enter)
        self._start("network.log", "unshare", "--mount", "bash", "-euc", NETWORK)
        self._wait()

    def run(self, script: str, user: str = "root", seconds: float = 600.0) -> Done:
        """Run a script in a login shell and return its end; status 124 if it took longer."""
        return ssh(self.image.key, 22, script, user, seconds, prefix=("nsenter", f"--net={NETNS}"))

    def reboot(self) -> None:
        """End every process, and start it again from its disk."""
        self.stop()
        self.boot()

    def stop(self) -> None:
        """End it, as a power cut does, and take away its network and its cgroups."""
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes.clear()
        end = time.monotonic() + 20
        while (left := _processes()) and time.monotonic() < end:
            for pid in left:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.2)
        for top in _tops():
            for path, _names, _files in os.walk(top / NAME, topdown=False):
                with suppress(OSError):
                    Path(path).rmdir()
        if NETNS.exists():
            call("ip", "netns", "delete", NAME)

    def _start(self, log: str, *words: str) -> None:
        with (self.folder / log).open("wb") as out:
            started = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.processes.append(started)

    def _wait(self) -> None:
        end = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < end:
            if any(one.poll() is not None for one in self.processes):
                raise Broken("\n".join(log.read_text()[-500:] for log in self.folder.glob("*.log")))
            # Until it is up, systemd says "starting" and ends logins.
            if self.run("systemctl is-system-running", seconds=20).text.strip() in ("running", "degraded"):
                return
            time.sleep(1)
        raise Broken(f"no answer within {BOOT_SECONDS:.0f} s: {self.folder}")


def _tops() -> list[Path]:
    return [path.parent for path in CGROUPS.glob("*/cgroup.procs") if not path.parent.is_symlink()]


def _processes() -> set[int]:
    listings = [path for top in _tops() for path in (top / NAME).rglob("cgroup.procs")]
    found = set()
    for listing in listings:
        with suppress(OSError):
            found |= {int(line) for line in listing.read_text().split()}
    return found
