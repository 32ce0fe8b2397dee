"""The parts of the local cluster: the command line of each, and how to check that it answers.

Flags are explained in the Kubernetes reference of each command; comments here say why they are set.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pkgops.local import control_plane, probes
from pkgops.local import instance as facts
from pkgops.local.binaries import Binaries
from pkgops.local.instance import Instance
from pkgops.local.packages import Programs
from pkgops.local.part import Part

SOURCES = Path(__file__).parents[1]


def parts(instance: Instance, binaries: Binaries, programs: Programs) -> list[Part]:
    """Return every part in the order in which they are started."""
    return [
        control_plane.etcd(instance, binaries),
        _containerd(instance, binaries),
        _registry(instance, programs),
        _git(instance),
        control_plane.apiserver(instance, binaries),
        control_plane.controller_manager(instance, binaries),
        control_plane.scheduler(instance, binaries),
        _kubelet(instance, binaries),
        _proxy(instance, binaries),
        _dns(instance, binaries),
        platform(instance),
    ]


def _containerd(instance: Instance, binaries: Binaries) -> Part:
    config = instance.conf / "containerd.toml"
    argv = (str(binaries["containerd"]), "--config", str(config))
    return Part(
        name="containerd",
        argv=argv,
        files=(config,),
        needs=(),
        answers=lambda seconds: probes.unix(instance.containerd_socket, seconds),
    )


def _registry(instance: Instance, programs: Programs) -> Part:
    config = instance.conf / "registry.json"
    argv = (str(programs["docker-registry"]), "serve", str(config))
    url = f"http://{instance.registry}/v2/"
    return Part(
        name="registry",
        argv=argv,
        files=(config,),
        needs=(),
        answers=lambda seconds: probes.http(url, seconds),
        grace=5.0,
    )


def _git(instance: Instance) -> Part:
    hook = f"http://{instance.address}:{facts.HOOKS_PORT}/hooks/git"
    where = f"{instance.address}:{facts.GIT_PORT}"
    argv = (sys.executable, "-m", "pkgops.local.gitserver", "--listen", where)
    options = ("--root", str(instance.git_root), "--hook", hook)
    return Part(
        name="git",
        argv=argv + options,
        files=tuple(sorted(Path(__file__).parent.glob("gitserver/*.py"))),
        needs=(),
        answers=lambda seconds: probes.http(f"{instance.git}/", seconds),
        grace=2.0,
    )


def _kubelet(instance: Instance, binaries: Binaries) -> Part:
    config = instance.conf / "kubelet.json"
    kubeconfig = instance.conf / "kubelet.kubeconfig"
    argv = (
        str(binaries["kubelet"]),
        f"--config={config}",
        f"--kubeconfig={kubeconfig}",
        f"--hostname-override={instance.name}",
        f"--node-ip={instance.address}",
        f"--root-dir={instance.data / 'kubelet'}",
        "--v=1",
    )
    files = (config, kubeconfig, instance.pki / "kubelet.crt", instance.pki / "kubelet-server.crt")
    return Part(
        name="kubelet",
        argv=argv,
        files=files,
        needs=("kube-apiserver", "containerd"),
        answers=lambda seconds: probes.node(instance, seconds),
        # It reads containerd's events until their stream has ended five times, and never again.
        restarts_with=("containerd",),
    )


def _proxy(instance: Instance, binaries: Binaries) -> Part:
    config = instance.conf / "proxy.kubeconfig"
    argv = (
        str(binaries["kube-proxy"]),
        f"--kubeconfig={config}",
        f"--hostname-override={instance.name}",
        f"--bind-address={instance.address}",
        f"--cluster-cidr={instance.pod_range}",
        "--proxy-mode=iptables",
        # These limits belong to the whole machine and cannot be set from a namespace.
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0s",
        "--conntrack-tcp-timeout-close-wait=0s",
        f"--healthz-bind-address={instance.address}:{facts.PROXY_HEALTH_PORT}",
        f"--metrics-bind-address={instance.address}:{facts.PROXY_METRICS_PORT}",
    )
    files = (config, instance.pki / "proxy.crt")
    url = f"http://{instance.address}:{facts.PROXY_HEALTH_PORT}/healthz"
    return Part(
        name="kube-proxy",
        argv=argv,
        files=files,
        needs=("kube-apiserver",),
        answers=lambda seconds: probes.http(url, seconds),
    )


def _dns(instance: Instance, binaries: Binaries) -> Part:
    config = instance.conf / "Corefile"
    argv = (str(binaries["coredns"]), "-conf", str(config))
    files = (config, instance.conf / "dns.kubeconfig", instance.pki / "dns.crt")
    ready = lambda seconds: probes.tcp(instance.address, 53, seconds)  # noqa: E731
    return Part(name="dns", argv=argv, files=files, needs=("kube-apiserver",), answers=ready, grace=2.0)


def platform(instance: Instance) -> Part:
    """Return the local platform: the one Python process that reconciles what is not installed."""
    config = instance.conf / "platform.json"
    argv = (
        sys.executable,
        "-m",
        "pkgops.platform",
        f"--kubeconfig={instance.kubeconfig}",
        f"--data-dir={instance.data / 'platform'}",
        f"--config={config}",
    )
    url = f"http://{instance.address}:{facts.HOOKS_PORT}/readyz"
    files = (config, *sorted(SOURCES.rglob("*.py")))
    port = instance.gateway_port
    return Part(
        name="platform",
        argv=argv,
        files=files,
        needs=("kube-apiserver",),
        answers=lambda seconds: probes.http(url, seconds),
        loopback_port=port,
    )
