"""The configuration files of the parts, generated from the instance's facts only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pkgops.local import containerd, resolver
from pkgops.local import instance as facts
from pkgops.local.cgroups import version as cgroup_version
from pkgops.local.instance import Instance
from pkgops.local.state import write_private

RESOLV_CONF = "resolv.conf"


def write_all(instance: Instance, images: dict[str, str], shim: Path, mtu: int) -> None:
    """Write every configuration file; a file with the same content is not written.

    Args:
        instance: the instance.
        images: the references of the images by name; ``pause`` is among them.
        shim: the program that containerd starts for each pod.
        mtu: of the pods' network.
    """
    names = resolver.text()
    texts = {
        "containerd.toml": containerd.configuration(instance, images["pause"], shim),
        f"certs.d/{instance.registry}/hosts.toml": containerd.registry_host(instance),
        "cni/10-pkgops.conflist": _json(cni(instance, mtu)),
        "kubelet.json": _json(kubelet(instance)),
        "registry.json": _json(registry(instance)),
        "platform.json": _json(platform(instance, images)),
        "Corefile": corefile(instance, resolver.servers(names)),
        RESOLV_CONF: names,
    }
    for name, user in USERS.items():
        texts[f"{name}.kubeconfig"] = _json(kubeconfig(instance, user))
    for name, text in texts.items():
        write(instance.conf / name, text)
    write(instance.kubeconfig, _json(kubeconfig(instance, "admin", inline=True)))


USERS = {
    "admin": "admin",
    "controller-manager": "controller-manager",
    "scheduler": "scheduler",
    "kubelet": "kubelet",
    "proxy": "proxy",
    "dns": "dns",
}


def write(path: Path, text: str) -> None:
    """Write a private file, unless its content is the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists() or path.read_text() != text:
        write_private(path, text)


def kubeconfig(instance: Instance, user: str, *, inline: bool = False) -> dict[str, Any]:
    """Return a kubeconfig for one of the instance's client certificates.

    Args:
        instance: the instance.
        user: the certificate's file name below ``pki``.
        inline: put keys and certificates into the file, so that it can be copied.
    """
    pki = instance.pki
    name = instance.owner
    certificate = _material("client-certificate", pki / f"{user}.crt", inline)
    key = _material("client-key", pki / f"{user}.key", inline)
    authority = _material("certificate-authority", pki / "ca.crt", inline)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": instance.server, **authority}}],
        "users": [{"name": f"{name}-{user}", "user": {**certificate, **key}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": f"{name}-{user}"}}],
        "current-context": name,
    }


def cni(instance: Instance, mtu: int) -> dict[str, Any]:
    """Return the pods' network; address records stay in the state folder."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": instance.pod_range, "gateway": instance.address}]],
        "routes": [{"dst": "0.0.0.0/0"}],
        "dataDir": str(instance.run / "cni"),
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "mtu": mtu}
    return {
        "cniVersion": "0.4.0",
        "name": instance.owner,
        "plugins": [
            {**bridge, "ipam": addresses},
            {"type": "portmap", "capabilities": {"portMappings": True}, "snat": True},
        ],
    }


def kubelet(instance: Instance) -> dict[str, Any]:
    """Return the kubelet's configuration."""
    pki = instance.pki
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": instance.address,
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki / "ca.crt")},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki / "kubelet-server.crt"),
        "tlsPrivateKeyFile": str(pki / "kubelet-server.key"),
        # A container that ends is looked at once, not at the next relist of all pods, once a second. Since
        # Kubernetes 1.37 an event only requests a relist of its pod; before, containers started twice.
        "featureGates": {"EventedPLEG": True},
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{instance.owner}",
        "clusterDNS": [instance.address],
        "clusterDomain": facts.DOMAIN,
        "containerRuntimeEndpoint": f"unix://{instance.containerd_socket}",
        "podLogsDir": str(instance.logs / "pods"),
        "volumePluginDir": str(instance.run / "volume-plugins"),
        "resolvConf": str(instance.conf / RESOLV_CONF),
        "failSwapOn": False,
        **({"failCgroupV1": False} if cgroup_version() == 1 else {}),
        "serializeImagePulls": False,
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1Gi"},
        "healthzBindAddress": instance.address,
        "healthzPort": facts.KUBELET_HEALTH_PORT,
        "shutdownGracePeriod": "0s",
        "maxPods": 200,
        "syncFrequency": "10s",
        "logging": {"flushFrequency": "1s"},
    }


def registry(instance: Instance) -> dict[str, Any]:
    """Return the registry's configuration; the platform is notified of every push at once."""
    hook = {
        "name": "platform",
        "url": f"http://{instance.address}:{facts.HOOKS_PORT}/hooks/registry",
        "timeout": "2s",
        "threshold": 3,
        "backoff": "1s",
        "ignore": {"mediatypes": ["application/octet-stream"], "actions": ["pull"]},
    }
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(instance.data / "registry")},
            "delete": {"enabled": True},
            "cache": {"blobdescriptor": "inmemory"},
            "maintenance": {"uploadpurging": {"enabled": False}},
        },
        "http": {"addr": instance.registry, "secret": "one-process-needs-no-shared-secret"},
        "notifications": {"endpoints": [hook]},
    }


def platform(instance: Instance, images: dict[str, str]) -> dict[str, Any]:
    """Return the local platform's configuration (``pkgops.platform.config.PlatformConfig``)."""
    return {
        "instance": instance.name,
        "data_dir": str(instance.data / "platform"),
        "address": instance.address,
        "artifact_port": facts.ARTIFACT_PORT,
        "hooks_port": facts.HOOKS_PORT,
        "webhook_port": facts.WEBHOOK_PORT,
        "gateway_port": instance.gateway_port,
        "registry": instance.registry,
        "images": images,
    }


def corefile(instance: Instance, forward: list[str]) -> str:
    """Return the DNS server's configuration; answers are kept briefly, because objects change."""
    onward = f"    forward . {' '.join(forward)}\n" if forward else ""
    return f""".:53 {{
    bind {instance.address}
    errors
    cache {{
        success 1000 5 1
        denial 1000 2 1
    }}
    kubernetes {facts.DOMAIN} in-addr.arpa {{
        kubeconfig {instance.conf / "dns.kubeconfig"}
        pods insecure
        fallthrough in-addr.arpa
    }}
{onward}}}
"""


def _material(key: str, path: Path, inline: bool) -> dict[str, str]:
    import base64

    if inline:
        return {f"{key}-data": base64.b64encode(path.read_bytes()).decode()}
    return {key: str(path)}


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
