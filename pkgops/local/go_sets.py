"""The programs of the local cluster that are compiled from Go modules: packages and flags of each set.

The pins are in ``gomods/``: a go.mod and a go.sum for each set.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from pkgops.local import programs, release
from pkgops.local.instance import cache_home

KUBERNETES = release.KUBERNETES
KUBERNETES_VERSION = release.PINNED[KUBERNETES].version
_MODULES = Path(__file__).parent / "gomods"
HELPERS = Path(__file__).parents[1] / "helpers"
HELPER_NAMES = tuple(sorted(path.parent.name for path in HELPERS.glob("*/main.go")))


@dataclass(frozen=True, kw_only=True)
class GoSet:
    """Commands that are built from one module.

    Attributes:
        name: the set's name, part of its folder's.
        source: the module's folder.
        packages: binary name to the package that it is built from.
        flags: of the linker.
        tags: of the build.
    """

    name: str
    source: Path
    packages: tuple[tuple[str, str], ...]
    flags: str = "-s -w"
    tags: tuple[str, ...] = ()

    def key(self, go_version: str) -> str:
        """Return the checksum that names the set's folder."""
        digest = hashlib.sha256()
        for path in sorted(path for path in self.source.rglob("*") if path.suffix in (".mod", ".sum", ".go")):
            digest.update(f"{path.relative_to(self.source)}\n".encode() + path.read_bytes())
        digest.update(f"{self.flags}\n{self.tags}\n{go_version}\n{self.packages}".encode())
        return digest.hexdigest()[:16]

    def compiled(self, go_version: str) -> Path:
        """Return where the set's binaries are, or will be, when they are compiled here."""
        return cache_home() / "bin" / f"{self.name}-{self.key(go_version)}"

    def folder(self, go_version: str) -> Path:
        """Return where the set's binaries are, or will be."""
        pinned = release.PINNED.get(self.name)
        provided = programs.chosen(pinned) if pinned else None
        return provided or self.compiled(go_version)


def _version_flags() -> str:
    major, minor = KUBERNETES_VERSION.lstrip("v").split(".")[:2]
    values = {"gitVersion": KUBERNETES_VERSION, "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return " ".join(
        ["-s -w", *(f"-X {one}.{key}={value}" for one in packages for key, value in values.items())]
    )


SHIM = "containerd-shim-runc-v2"
_CONTAINERD = "github.com/containerd/containerd/v2"
_WITHOUT = ("no_btrfs", "no_devmapper", "no_zfs")
_COMMANDS = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "kubectl",
)


def sets() -> list[GoSet]:
    """Return everything that the local cluster compiles, the quick ones first."""
    commands = tuple((name, f"k8s.io/kubernetes/cmd/{name}") for name in _COMMANDS)
    helpers = tuple((name, f"./{name}") for name in HELPER_NAMES)
    runtime = tuple((name, f"{_CONTAINERD}/cmd/{name}") for name in (release.CONTAINERD, SHIM))
    runtime_flags = f"-s -w -X {_CONTAINERD}/version.Version={release.PINNED[release.CONTAINERD].version}"
    return [
        GoSet(name="helpers", source=HELPERS, packages=helpers),
        GoSet(name=release.ETCD, source=_MODULES / "etcd", packages=(("etcd", "go.etcd.io/etcd/server/v3"),)),
        GoSet(name=release.COREDNS, source=_MODULES / "coredns", packages=(("coredns", "."),)),
        GoSet(
            name=release.CONTAINERD,
            source=_MODULES / "containerd",
            packages=runtime,
            flags=runtime_flags,
            tags=_WITHOUT,
        ),
        GoSet(name=KUBERNETES, source=_MODULES / "kubernetes", packages=commands, flags=_version_flags()),
    ]
