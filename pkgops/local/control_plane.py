"""The parts of the control plane: etcd, the API server, its controllers and the scheduler.

Flags are explained in the Kubernetes reference of each command; comments here say why they are set.
"""

from __future__ import annotations

from pkgops.local import instance as facts
from pkgops.local import probes
from pkgops.local.binaries import Binaries
from pkgops.local.instance import Instance
from pkgops.local.part import Part


def etcd(instance: Instance, binaries: Binaries) -> Part:
    """Return the database of the API server."""
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


def apiserver(instance: Instance, binaries: Binaries) -> Part:
    """Return the API server."""
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
        # Its connections to an etcd that was away are tried again after a back-off of up to two minutes.
        restarts_with=("etcd",),
    )


def controller_manager(instance: Instance, binaries: Binaries) -> Part:
    """Return the controllers of Kubernetes itself."""
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
    # Without authentication settings it would call the API server at its start, and end if that does not run.
    files = (config, pki / "controller-manager.crt")
    return Part(
        name="kube-controller-manager",
        argv=argv,
        files=files,
        needs=("kube-apiserver",),
        answers=probes.always,
    )


def scheduler(instance: Instance, binaries: Binaries) -> Part:
    """Return the scheduler of pods."""
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
