"""Debian's kernel for user mode as a machine: a kernel of its own where no virtualization is.

It runs as a process of this machine (package ``user-mode-linux``), so that programs run as they are and only
what they ask of the kernel takes its time. It has version 2 of cgroups, modules and AppArmor; one processor,
no ``cpuset``, and no nf_tables for IPv4, so that iptables must be the legacy one and firewalld must use it.
Its network is a namespace with slirp4netns, with the addresses that qemu's own network has; nothing else of
this machine is changed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from machine import Broken, Done, Image, call, ssh

# Machines of several calls run side by side.
NAME = f"pkgops-uml-{os.getpid()}"
NETNS = Path("/run/netns") / NAME
MODULES = Path("/usr/lib/uml/modules")
ADDRESS = "10.0.2.15"
BOOT_SECONDS = 600.0
# The memory is a file, which must not be on a disk.
MEMORY = Path("/dev/shm")
# A page of a process may be a mapping of its own: with 65530, as is usual, an API server was ended for it.
MAPPINGS = 1048576
# What `Image.fill` does besides for this kernel.
FILL = """
for one in iptables ip6tables; do update-alternatives --set $one /usr/sbin/$one-legacy; done
sed -i s/^FirewallBackend=.*/FirewallBackend=iptables/ /etc/firewalld/firewalld.conf
"""
# This kernel drops packets that are longer than the link takes, and TCP then sends them by timeouts.
BRIDGE = f"""
ip -n {NAME} link add br0 type bridge
ip -n {NAME} addr add 10.0.2.99/24 dev br0
ip -n {NAME} tuntap add uml0 mode tap
for one in tap0 uml0 br0; do
  if [ $one != br0 ]; then ip -n {NAME} link set $one master br0; fi
  ip -n {NAME} link set $one gso_max_segs 1 up
done
"""
# Sessions share the processors evenly, whatever they do: its deadlines are those of a machine by itself.
PRIORITY = "-15"
# The kubelet ends where no clock speed is told, and this kernel tells none.
CLOCK = """
sed 's/^bogomips/cpu MHz\\t\\t: 2000.000\\nbogomips/' /proc/cpuinfo >/run/cpuinfo
mount --bind /run/cpuinfo /proc/cpuinfo
"""


def modules() -> dict[Path, str]:
    """Return the kernel's modules, to be copied into an image."""
    if shutil.which("linux.uml") is None:
        raise Broken("there is no linux.uml: apt-get install user-mode-linux")
    return {folder: f"lib/modules/{folder.name}" for folder in MODULES.iterdir()}


@dataclass
class UserMode:
    """Such a machine; what it writes lies over the image and goes with its folder."""

    image: Image
    folder: Path
    memory: str = "4G"
    kernel: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    network: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def boot(self) -> None:
        """Start it and return when it answers."""
        if int(Path("/proc/sys/vm/max_map_count").read_text()) < MAPPINGS:
            raise Broken(f"processes may have too few mappings: sysctl -w vm.max_map_count={MAPPINGS}")
        self.folder.mkdir(parents=True, exist_ok=True)
        call("ip", "netns", "add", NAME)
        call("ip", "-n", NAME, "link", "set", "lo", "up")
        slirp = ("slirp4netns", "--mtu=1500", "--netns-type=path", str(NETNS), "tap0")
        self.network = self._start("network.log", *slirp)
        self._until(10, lambda: _has_link("tap0"))
        call("bash", "-euc", BRIDGE)
        self._start_kernel()

    def run(self, script: str, user: str = "root", seconds: float = 600.0) -> Done:
        """Run a script in a login shell and return its end; status 124 if it took longer."""
        prefix = ("nsenter", f"--net={NETNS}")
        return ssh(self.image.key, 22, script, user, seconds, prefix=prefix, host=ADDRESS)

    def reboot(self) -> None:
        """Power it off from inside, and start it again from its disk."""
        self._power_off()
        self._start_kernel()

    def stop(self) -> None:
        """Power it off, and take away its network."""
        self._power_off()
        if self.network is not None:
            self.network.kill()
            self.network.wait()
        if NETNS.exists():
            call("ip", "netns", "delete", NAME)

    def _start_kernel(self) -> None:
        disk = f"ubd0={self.folder / 'changes'},{self.image.disk}"
        link = "vec0:transport=tap,ifname=uml0,depth=128,mac=52:54:00:12:34:56"
        words = ("ip", "netns", "exec", NAME, "linux.uml", f"mem={self.memory}", disk, "root=/dev/ubda", "rw")
        console = ("con=null", "con0=null,fd:1", "ssl=null", "console=tty0")
        self.kernel = self._start(
            "console.log", *words, link, *console, "security=apparmor", f"uml_dir={self.folder}/"
        )
        with suppress(OSError):
            Path(f"/proc/{self.kernel.pid}/autogroup").write_text(PRIORITY)
        self._until(BOOT_SECONDS, lambda: self.run("true", seconds=60).status == 0)
        done = self.run(CLOCK)
        if done.status:
            raise Broken(done.text)

    def _power_off(self) -> None:
        if self.kernel is None:
            return
        self.run("systemctl poweroff", seconds=60)
        try:
            self.kernel.wait(300)
        except subprocess.TimeoutExpired:
            self.kernel.kill()
            self.kernel.wait()
        self.kernel = None

    def _start(self, log: str, *words: str) -> subprocess.Popen[bytes]:
        env = {**os.environ, "TMPDIR": str(MEMORY)}
        # Of its own group: an interruption of the trials is not one of the kernel.
        with (self.folder / log).open("ab") as out:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, start_new_session=True
            )

    def _until(self, seconds: float, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while not holds():
            for process in (self.kernel, self.network):
                if process is not None and process.poll() is not None:
                    raise Broken("\n".join(log.read_text()[-500:] for log in self.folder.glob("*.log")))
            if time.monotonic() > end:
                raise Broken(f"no answer within {seconds:.0f} s: {self.folder}")
            time.sleep(0.5)


def _has_link(name: str) -> bool:
    words = ("ip", "-n", NAME, "link", "show", name)
    return subprocess.run(words, capture_output=True, check=False).returncode == 0
