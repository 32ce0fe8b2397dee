"""What a trial is, and the steps that several trials have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from machine import Done

PKGOPS = "cd /root/pkgops && bin/pkgops"
LONG = 5400.0
SITE = "cd /root/site && /root/pkgops/bin/pkgops"
LONGER = "timeouts: {up: 90m, stages: {default: 60m, source-tester: 60m, image-builder: 60m}}"
OUTSIDE = "deb.debian.org"
POD = f"""
cd /root/pkgops; kubectl="bin/pkgops local kubectl --"
$kubectl delete pod outside --ignore-not-found >/dev/null
image=$($kubectl get pods -A -o jsonpath='{{..image}}' | tr ' ' '\\n' | grep toolbox | head -1)
$kubectl run outside --image=$image --restart=Never --command -- \\
  sh -ec 'getent hosts kubernetes.default.svc.cluster.local {OUTSIDE}; curl -sSfo /dev/null http://{OUTSIDE}/'
$kubectl wait pod/outside --for=jsonpath={{.status.phase}}=Succeeded --timeout=20m || $kubectl logs outside
"""


class Machine(Protocol):
    """What is tried on, in an emulator or in namespaces."""

    def run(self, script: str, user: str = "root", seconds: float = 600.0) -> Done:
        """Run a script in a login shell and return its end."""

    def reboot(self) -> None:
        """Restart it and return when the new start answers."""


class Wrong(AssertionError):
    """The machine was not left, or did not answer, as it should."""


@dataclass(frozen=True)
class Trial:
    """One thing to try; they are tried in the order of the list."""

    name: str
    meaning: str
    run: Callable[[Machine], str]
    compiles: bool = False


def must(holds: object, said: str) -> None:
    """Raise ``Wrong`` with the end of what was said unless something holds."""
    if not holds:
        raise Wrong(said.strip()[-800:] or "nothing was said")


def make_site(machine: Machine, folder: str) -> None:
    """Copy the static site into a folder, with a configuration of long deadlines."""
    machine.run(f"rm -rf {folder}; cp -rT /root/pkgops/examples/hello-static {folder}")
    configure(machine, folder)


def configure(machine: Machine, folder: str) -> None:
    """Give a folder of sources its configuration."""
    longer = rf"sed -i 's/^pkgops:/&\n  {LONGER}/' pkgops.yaml"
    done = machine.run(f"cd {folder} && /root/pkgops/bin/pkgops init && {longer}")
    must(done.status == 0, done.text)


def comes_up(machine: Machine, command: str, user: str = "root") -> str:
    """Run a command to HTTP 200 and return the line that tells it."""
    done = machine.run(command, user=user, seconds=LONG)
    must(done.status == 0 and "HTTP 200" in done.text, done.text)
    return next(line for line in done.text.splitlines() if "HTTP 200" in line).strip()


def pods_get_out(machine: Machine) -> str:
    """Let a pod resolve names, of the cluster and of the world, and read from outside."""
    done = machine.run(POD, seconds=LONG)
    must("condition met" in done.text, done.text)
    return f"a pod resolved a service and {OUTSIDE}, and read from that"
