"""The parts of the local cluster: the command line of each, and how to tell that it answers.

Flags are explained in the Kubernetes reference of each command; here stands only why.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pkgops.local import instance as facts
from pkgops.local import probes
from pkgops.local.binaries import Binaries
from pkgops.local.instance import Instance
from pkgops.local.packages import Programs
from pkgops.local.part import Part

SOURCES = Path(__file__).parents[1]


def parts(instance: Instance, binaries: Binaries, programs: Programs) -> list[Part]:
    """Return every part in the order in which they are started."""
    return [
        _etcd(instance, binaries),
        _containerd(instance, programs),
        _registry(instance, programs),
        _git(instance),
        _apiserver(instance, binaries),
        _controller_manager(instance, binaries),
        _scheduler(instance, binaries),
        _kubelet(instance, binaries),
        _proxy(instance, binaries),
        _dns(instance, binaries),
        platform(instance),
    ]


def _etcd(instance: Instance, binaries: Binaries) -> Part:
    client = f"http://127.0.0.1:{facts.ETCD_PORT}"
    peer = f"http://127.0.0.1:{facts.ETCD_PEER_PORT}"
    metrics = f"http://{instance.address}:{facts.ETCD_METRICS_PORT}"
    argv = (
        str(binaries["etcd"]),
        f"--name={instance.name}",
        f"--data-dir={instance.data / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={instance.name}={peer}",
        f"--listen-metrics-urls={metrics}",
        "--log-level=warn",
        "--auto-compaction-retention=1h",
        "--quota-backend-bytes=4294967296",
    )
    return Part(
        name="etcd",
        argv=argv,
        files=(),
        needs=(),
        answers=lambda seconds: probes.http(f"{metrics}/health", seconds),
    )


def _containerd(instance: Instance, programs: Programs) -> Part:
    config = instance.conf / "containerd.toml"
    argv = (str(programs["containerd"]), "--config", str(config))
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
    told = ("--root", str(instance.git_root), "--hook", hook)
    return Part(
        name="git",
        argv=argv + told,
        files=tuple(sorted(Path(__file__).parent.glob("gitserver/*.py"))),
        needs=(),
        answers=lambda seconds: probes.http(f"{instance.git}/", seconds),
        grace=2.0,
    )


def _apiserver(instance: Instance, binaries: Binaries) -> Part:
    pki = instance.pki
    argv = (
        str(binaries["kube-apiserver"]),
        f"--etcd-servers=http://127.0.0.1:{facts.ETCD_PORT}",
        f"--bind-address={instance.address}",
        f"--advertise-address={instance.address}",
        f"--secure-port={facts.API_PORT}",
        f"--service-cluster-ip-range={facts.SERVICE_RANGE}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet.key'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{facts.DOMAIN}",
        f"--service-account-key-file={pki / 'sa.pub'}",
        f"--service-account-signing-key-file={pki / 'sa.key'}",
        f"--requestheader-client-ca-file={pki / 'ca.crt'}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki / 'front-proxy.crt'}",
        f"--proxy-client-key-file={pki / 'front-proxy.key'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        "--profiling=false",
        "--shutdown-delay-duration=0s",
    )
    files = tuple(pki / name for name in ("ca.crt", "apiserver.crt", "sa.pub"))
    return Part(
        name="kube-apiserver",
        argv=argv,
        files=files,
        needs=("etcd",),
        answers=lambda seconds: probes.api(instance, seconds),
        grace=15.0,
    )


def _controller_manager(instance: Instance, binaries: Binaries) -> Part:
    pki = instance.pki
    config = instance.conf / "controller-manager.kubeconfig"
    argv = (
        str(binaries["kube-controller-manager"]),
        f"--kubeconfig={config}",
        "--bind-address=127.0.0.1",
        f"--root-ca-file={pki / 'ca.crt'}",
        f"--service-account-private-key-file={pki / 'sa.key'}",
        f"--cluster-signing-cert-file={pki / 'ca.crt'}",
        f"--cluster-signing-key-file={pki / 'ca.key'}",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--profiling=false",
    )
    # Without authentication settings it would ask the API server at its start and end if that is not up.
    files = (config, pki / "controller-manager.crt")
    return Part(
        name="kube-controller-manager",
        argv=argv,
        files=files,
        needs=("kube-apiserver",),
        answers=probes.always,
    )


def _scheduler(instance: Instance, binaries: Binaries) -> Part:
    config = instance.conf / "scheduler.kubeconfig"
    argv = (
        str(binaries["kube-scheduler"]),
        f"--kubeconfig={config}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--profiling=false",
    )
    files = (config, instance.pki / "scheduler.crt")
    return Part(
        name="kube-scheduler", argv=argv, files=files, needs=("kube-apiserver",), answers=probes.always
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
