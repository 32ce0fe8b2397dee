"""An instance of the local cluster: a name, an index, and everything that is derived from them.

An instance owns one network namespace, one cgroup and one state folder. Its index determines the address
ranges, so that several instances run side by side.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from pkgops.errors import UsageError
from pkgops.values import Value

DEFAULT_NAME = "pkgops"
MAX_INDEX = 63
SERVICE_RANGE = "10.96.0.0/16"
SERVICE_ADDRESS = "10.96.0.1"
DOMAIN = "cluster.local"
NAMESPACES = ("default", "apps-dev", "apps-prod")

API_PORT = 6443
ETCD_PORT = 2379
ETCD_PEER_PORT = 2380
ETCD_METRICS_PORT = 2381
KUBELET_HEALTH_PORT = 10248
PROXY_HEALTH_PORT = 10256
PROXY_METRICS_PORT = 10249
REGISTRY_PORT = 5000
GIT_PORT = 3000
HOOKS_PORT = 9791
ARTIFACT_PORT = 9790
WEBHOOK_PORT = 9792
FIRST_GATEWAY_PORT = 8480

_NAME = re.compile(r"[a-z]([a-z0-9-]{0,18}[a-z0-9])?")


def state_home() -> Path:
    """Return the folder below which every instance of this user keeps its state."""
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "pkgops"


def cache_home() -> Path:
    """Return the folder for files that can be made again: binaries, images, compiler caches."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "pkgops"


def instance_name(given: str | None = None) -> str:
    """Return the instance's name: the one given, else ``PKGOPS_INSTANCE``, else ``pkgops``.

    Raises:
        UsageError: the name cannot be used for links, cgroups and nodes.
    """
    name = given or os.environ.get("PKGOPS_INSTANCE") or DEFAULT_NAME
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of an instance",
            why="a name has 1 to 20 lower-case letters, digits and dashes, and begins with a letter",
            next="choose another with --instance or PKGOPS_INSTANCE",
            slug="instance-name",
        )
    return name


class Instance(Value):
    """The facts of one instance; nothing here changes the machine.

    Attributes:
        name: also the node's name.
        index: 0 to ``MAX_INDEX``; determines the address ranges.
        folder: the state folder.
    """

    name: str
    index: int
    folder: Path

    @property
    def owner(self) -> str:
        """The name of the instance's objects on the machine: its namespace, cgroup, rules."""
        return f"pkgops-{self.name}"

    @property
    def address(self) -> str:
        """The bridge's address inside the namespace: API server, registry, Git and DNS listen here."""
        return f"10.244.{self.index}.1"

    @property
    def pod_range(self) -> str:
        """The pods' addresses."""
        return f"10.244.{self.index}.0/24"

    @property
    def link_range(self) -> str:
        """The addresses of the pair of links between the machine and the namespace."""
        return f"10.243.255.{4 * self.index}/30"

    @property
    def outside_address(self) -> str:
        """The machine's end of the pair."""
        return f"10.243.255.{4 * self.index + 1}"

    @property
    def inside_address(self) -> str:
        """The namespace's end of the pair."""
        return f"10.243.255.{4 * self.index + 2}"

    @property
    def link(self) -> str:
        """The name of the machine's end of the pair."""
        return f"pkgops{self.index}"

    @property
    def netns(self) -> Path:
        """The network namespace's file."""
        return Path("/run/netns") / self.owner

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{self.address}:{API_PORT}"

    @property
    def registry(self) -> str:
        """The registry, as in image names."""
        return f"{self.address}:{REGISTRY_PORT}"

    @property
    def git(self) -> str:
        """The Git server's URL, without a trailing slash."""
        return f"http://{self.address}:{GIT_PORT}"

    @property
    def gateway_port(self) -> int:
        """The port on the machine's loopback where applications answer by host name, if it is free."""
        return FIRST_GATEWAY_PORT + self.index

    @property
    def record(self) -> Path:
        """The file that records the instance; without it the instance does not exist."""
        return self.folder / "instance.json"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.folder / "pki"

    @property
    def conf(self) -> Path:
        """Configuration files, written again by every start."""
        return self.folder / "conf"

    @property
    def data(self) -> Path:
        """Persistent data: etcd, registry, Git, images, volumes."""
        return self.folder / "data"

    @property
    def run(self) -> Path:
        """Files that are obsolete after a restart of the machine: sockets, process records."""
        return self.folder / "run"

    @property
    def logs(self) -> Path:
        """The output of every part, in one file each, and the pods' logs."""
        return self.folder / "logs"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig."""
        return self.folder / "kubeconfig"

    @property
    def containerd_socket(self) -> Path:
        """The container runtime's socket."""
        return self.run / "containerd.sock"

    @property
    def git_root(self) -> Path:
        """The bare repositories that the Git server serves."""
        return self.data / "git"
