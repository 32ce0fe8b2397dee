"""The programs from Debian packages: existing ones are used, missing ones are installed.

apt may never remove a package to install one: Debian's runc conflicts with Docker's package of
containerd and runc, and an existing one is used. The registry's package would start a service of its own, so
only its program is extracted from the package.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkgops import tools
from pkgops.errors import PreflightError
from pkgops.local import machine
from pkgops.local.containerd import CNI_BIN
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.instance import cache_home

DEADLINE = 900.0
_REMOVAL = "remove is disabled"


@dataclass(frozen=True)
class Needed:
    """A program and the package that has it."""

    program: str
    package: str
    found: Callable[[], Path | None]


@dataclass(frozen=True)
class Programs:
    """Where each program is."""

    paths: dict[str, Path]

    def __getitem__(self, name: str) -> Path:
        return self.paths[name]


def needed() -> list[Needed]:
    """Return every program from Debian, or an existing one in its place."""
    names = {
        "runc": "runc",
        "iptables": "iptables",
        "conntrack": "conntrack",
        "ip": "iproute2",
        "nsenter": "util-linux",
        "mount": "mount",
        "git": "git",
        "debootstrap": "debootstrap",
    }
    plain = [Needed(name, package, lambda name=name: tools.find(name)) for name, package in names.items()]  # type: ignore[misc]
    cni = Needed("CNI plugins", "containernetworking-plugins", _cni)
    return [*plain, cni, Needed("docker-registry", "docker-registry", _registry)]


def missing() -> list[Needed]:
    """Return the programs that are not on this machine."""
    return [one for one in needed() if one.found() is None]


def ensure(on_event: OnEvent) -> Programs:
    """Install missing programs and return the paths of all.

    Raises:
        PreflightError: apt could not install a package without removing another.
        ToolFailed: apt could not install a package.
    """
    absent = missing()
    packages = sorted({one.package for one in absent if one.program != "docker-registry"})
    if packages:
        on_event(PartEvent("packages", "working", f"installing with apt: {', '.join(packages)}"))
        _apt("update")
        _install(packages)
    if any(one.program == "docker-registry" for one in absent):
        on_event(PartEvent("packages", "working", "unpacking the program of package docker-registry"))
        _unpack_registry()
    if absent:
        on_event(PartEvent("packages", "ready", f"{len(absent)} installed"))
        machine.record_installed("packages", packages)
    return Programs({one.program: path for one in needed() if (path := one.found())})


def _install(names: Sequence[str]) -> None:
    try:
        _apt("install", "--yes", "--no-install-recommends", "--no-remove", *names)
    except tools.ToolFailed as error:
        if _REMOVAL not in error.stderr:
            raise
        raise PreflightError(
            f"apt would remove other packages to install {', '.join(names)}",
            why=error.why,
            next="install the programs in another way, or remove those packages: apt-get install "
            + " ".join(names),
            slug="packages",
        ) from None


def _cni() -> Path | None:
    return next((path for path in CNI_BIN if (path / "bridge").exists()), None)


def _registry() -> Path | None:
    own = _registry_folder() / "usr" / "bin" / "docker-registry"
    return tools.find("docker-registry") or (own if own.exists() else None)


def _registry_folder() -> Path:
    return cache_home() / "docker-registry"


def _unpack_registry() -> None:
    with tempfile.TemporaryDirectory() as folder:
        _apt("update")
        _apt("download", "docker-registry", cwd=Path(folder))
        package = next(Path(folder).glob("docker-registry_*.deb"))
        _registry_folder().mkdir(parents=True, exist_ok=True)
        tools.run("dpkg-deb", "--extract", str(package), str(_registry_folder()))


def _apt(*words: str, cwd: Path | None = None) -> None:
    # Its messages are read, so they are not translated.
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    tools.run("apt-get", "-q", *words, env=env, cwd=cwd, deadline=DEADLINE)
