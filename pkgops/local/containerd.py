"""The configuration of the local cluster's containerd, independent of another containerd of the machine."""

from __future__ import annotations

from pathlib import Path

from pkgops.local.instance import Instance

CNI_BIN = (Path("/usr/lib/cni"), Path("/opt/cni/bin"), Path("/usr/libexec/cni"))


def configuration(instance: Instance, pause: str, shim: Path) -> str:
    """Return containerd's configuration: nothing shared with another containerd of the machine.

    ``runtime_path`` prevents that a shim of the machine, of another version, is found first.
    ``restrict_oom_score_adj`` lets containers start where this process may not lower a score. The Node
    Resource Interface would use a socket that exists once on a machine.
    """
    return f"""version = 2
root = "{instance.data / "containerd"}"
state = "{instance.run / "containerd"}"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
address = "{instance.containerd_socket}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{pause}"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".containerd]
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = "{shim}"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
Root = "{instance.run / "runc"}"
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{cni_bin()}"
conf_dir = "{instance.conf / "cni"}"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{instance.conf / "certs.d"}"
[plugins."io.containerd.nri.v1.nri"]
disable = true
"""


def cni_bin() -> Path:
    """Return the folder of the CNI plugins on this machine."""
    return next((path for path in CNI_BIN if (path / "bridge").exists()), CNI_BIN[0])


def registry_host(instance: Instance) -> str:
    """Return containerd's hosts.toml of the local registry: plain http."""
    return f'server = "http://{instance.registry}"\n[host."http://{instance.registry}"]\n'
