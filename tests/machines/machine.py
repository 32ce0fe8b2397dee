"""Throw-away Debian machines under qemu: systemd as the first process, a stock kernel with its modules.

An image is made by debootstrap and filled in a chroot, at this machine's speed, so that nothing is installed,
compiled or downloaded inside of a machine. A machine writes to an overlay over its image. Without hardware
virtualization qemu translates every instruction, and all takes 30 to 50 times as long.
"""

from __future__ import annotations

import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

BASE = (
    "systemd-sysv,dbus,dbus-user-session,libpam-systemd,linux-image-amd64,initramfs-tools,kmod,openssh-server,"
    "ca-certificates,sudo,python3,python3-venv,git,curl,iproute2,iputils-ping,procps,apparmor"
)
NETWORK = "[Match]\nType=ether\nKind=!*\n[Network]\nAddress=10.0.2.15/24\nGateway=10.0.2.2\n"
CONFIGURE = """
systemctl enable systemd-networkd ssh
systemctl disable systemd-networkd-wait-online || true
useradd -m -s /bin/bash -G sudo dev
echo "dev ALL=(ALL) NOPASSWD:SETENV: ALL" >/etc/sudoers.d/dev
echo "nameserver 10.0.2.3" >/etc/resolv.conf
rm -f /usr/sbin/policy-rc.d
"""
SSH = ("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR")
BOOT_SECONDS = 1200.0


class Broken(Exception):
    """A machine did not do what every trial needs."""


@dataclass(frozen=True)
class Done:
    """A command's end inside of a machine."""

    status: int
    text: str


def hardware() -> bool:
    """Say whether virtualization is the processor's: a module that imitates it runs no stock kernel."""
    return os.access("/dev/kvm", os.W_OK) and not Path("/sys/module/kvm_pvm").exists()


@dataclass(frozen=True)
class Image:
    """A disk image with its kernel beside it."""

    folder: Path
    suite: str

    @property
    def disk(self) -> Path:
        """The file system, without a boot loader."""
        return self.folder / f"{self.suite}.raw"

    @property
    def key(self) -> Path:
        """The key that opens every machine."""
        return self.folder / "key"

    def boot_file(self, name: str) -> Path:
        """Return the copy of ``vmlinuz`` or ``initrd.img``."""
        return self.folder / f"{self.suite}.{name}"

    def build(self, mirror: str) -> None:
        """Make the image: a stock Debian with a user ``dev`` who may sudo."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.key.exists():
            call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key))
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            root = Path(scratch) / "root"
            call("debootstrap", f"--include={BASE}", self.suite, str(root), mirror)
            (root / "etc/systemd/network/10-qemu.network").write_text(NETWORK)
            (root / "etc/hostname").write_text(f"pkgops-{self.suite}\n")
            call("chroot", str(root), "sh", "-ec", CONFIGURE)
            for home in ("root", "home/dev"):
                keys = root / home / ".ssh" / "authorized_keys"
                keys.parent.mkdir(mode=0o700, exist_ok=True)
                shutil.copy(f"{self.key}.pub", keys)
            call("chroot", str(root), "chown", "-R", "dev:", "/home/dev")
            for name in ("vmlinuz", "initrd.img"):
                shutil.copy(next((root / "boot").glob(f"{name}-*")), self.boot_file(name))
            with self.disk.open("wb") as disk:
                disk.truncate(24 * 2**30)
            call("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(self.disk))

    @contextmanager
    def mounted(self) -> Iterator[Path]:
        """Mount the image; no machine may be using it."""
        # No folder that removes itself with all in it: what is still mounted, this machine's too, would go.
        point = Path(tempfile.mkdtemp(dir=self.folder))
        call("mount", "-o", "loop", str(self.disk), str(point))
        try:
            yield point
        finally:
            call("umount", "--recursive", str(point))
            point.rmdir()

    def fill(self, copies: dict[Path, str], script: str) -> None:
        """Copy files in and run a script in a chroot; no service starts there."""
        with self.mounted() as root:
            for source, where in copies.items():
                (root / where).parent.mkdir(parents=True, exist_ok=True)
                call("cp", "-a", "--no-target-directory", str(source), str(root / where))
            for place in ("proc", "sys", "dev"):
                call("mount", "--rbind", f"/{place}", str(root / place))
                call("mount", "--make-rslave", str(root / place))
            policy, resolv = root / "usr/sbin/policy-rc.d", root / "etc/resolv.conf"
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
            own = resolv.read_text()
            resolv.write_text(Path("/etc/resolv.conf").read_text())
            shutil.copy("/etc/ssl/certs/ca-certificates.crt", root / "root/authorities.crt")
            env = {
                "HOME": "/root",
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "PIP_CERT": "/root/authorities.crt",
            }
            call("chroot", str(root), "bash", "-euc", script, env=env | {"DEBIAN_FRONTEND": "noninteractive"})
            policy.unlink()
            resolv.write_text(own)


@dataclass
class Machine:
    """A machine over an image; what it writes goes with it."""

    image: Image
    folder: Path
    cpus: int = 1
    memory: str = "4G"
    port: int = 0
    emulator: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def boot(self) -> None:
        """Start it, with a new disk the first time, and return when it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        disk = self.folder / "disk.qcow2"
        if not disk.exists():
            image = str(self.image.disk.resolve())
            call("qemu-img", "create", "-q", "-f", "qcow2", "-b", image, "-F", "raw", str(disk))
        self.port = _free_port()
        with (self.folder / "qemu.log").open("wb") as log:
            self.emulator = subprocess.Popen(
                self._words(disk), stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self._wait("")

    def _words(self, disk: Path) -> list[str]:
        # The clock must not be one whose every reading is an exit to the emulator.
        quick = "" if hardware() else " mitigations=off clocksource=tsc tsc=reliable nowatchdog"
        accelerated = ["-enable-kvm", "-cpu", "host,-arch-capabilities"]
        translated = ["-accel", "tcg,thread=multi,tb-size=2048", "-cpu", "max,la57=off"]
        return [
            *("nice", "-n", "10", "qemu-system-x86_64", *(accelerated if hardware() else translated)),
            *("-smp", str(self.cpus), "-m", self.memory, "-display", "none", "-monitor", "none"),
            *(
                "-kernel",
                str(self.image.boot_file("vmlinuz")),
                "-initrd",
                str(self.image.boot_file("initrd.img")),
            ),
            *("-append", f"root=/dev/vda rw console=ttyS0{quick}"),
            *("-drive", f"file={disk},if=virtio,cache=writeback"),
            *("-nic", f"user,model=virtio-net-pci,hostfwd=tcp:127.0.0.1:{self.port}-:22"),
            *("-device", "virtio-rng-pci", "-serial", f"file:{self.folder / 'console.log'}"),
        ]

    def run(self, script: str, user: str = "root", seconds: float = 600.0) -> Done:
        """Run a script in a login shell and return its end; status 124 if it took longer."""
        return ssh(self.image.key, self.port, script, user, seconds)

    def reboot(self) -> None:
        """Restart it from inside and return when the new start answers."""
        before = self.run("cat /proc/sys/kernel/random/boot_id").text.strip()
        self.run("systemctl reboot")
        self._wait(before)

    def stop(self) -> None:
        """Power it off; ended if it does not go by itself."""
        if self.emulator is None:
            return
        self.run("poweroff", seconds=60)
        try:
            self.emulator.wait(120)
        except subprocess.TimeoutExpired:
            self.emulator.kill()
            self.emulator.wait()

    def _wait(self, before: str) -> None:
        end = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < end:
            if self.emulator is None or self.emulator.poll() is not None:
                raise Broken(f"the emulator ended: {(self.folder / 'qemu.log').read_text()[-500:]}")
            done = self.run("cat /proc/sys/kernel/random/boot_id", seconds=90)
            if done.status == 0 and done.text.strip() != before:
                return
            time.sleep(2)
        raise Broken(f"no answer within {BOOT_SECONDS:.0f} s: {self.folder / 'console.log'}")


def ssh(
    key: Path,
    port: int,
    script: str,
    user: str,
    seconds: float,
    prefix: tuple[str, ...] = (),
    host: str = "127.0.0.1",
) -> Done:
    """Run a script in a login shell of a machine and return its end; status 124 if it took longer."""
    words = [*prefix, "ssh", *SSH, "-o", "ConnectTimeout=60", "-i", str(key), "-p", str(port)]
    command = [*words, f"{user}@{host}", f"bash -lc {shlex.quote(script)}"]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Done(124, (late.output or b"").decode(errors="replace"))
    return Done(done.returncode, done.stdout.decode(errors="replace"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(*words: str, env: dict[str, str] | None = None) -> None:
    """Run a program of this machine; ``Broken`` with the end of what it said if it fails."""
    done = subprocess.run(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise Broken(f"{' '.join(words)[:200]}: {done.stdout.decode(errors='replace')[-1500:]}")
