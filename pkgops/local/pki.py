"""Keys and certificates of an instance: one authority, servers, clients, the key for service accounts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from pkgops import certificates
from pkgops.local.instance import DOMAIN, SERVICE_ADDRESS, Instance
from pkgops.local.state import write_private

AUTHORITY = "ca"


@dataclass(frozen=True)
class Leaf:
    """A certificate to issue.

    Attributes:
        file: the file's name below ``pki``, without an ending.
        user: the common name: to Kubernetes, the user's name.
        groups: the organisations: to Kubernetes, the user's groups.
        hosts: names and addresses of a server; empty for a client.
    """

    file: str
    user: str
    groups: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


def leaves(instance: Instance) -> list[Leaf]:
    """Return every certificate that the instance needs besides the authority's."""
    api = ("127.0.0.1", instance.address, SERVICE_ADDRESS, "localhost", "kubernetes", "kubernetes.default")
    names = ("kubernetes.default.svc", f"kubernetes.default.svc.{DOMAIN}")
    return [
        Leaf("apiserver", "kube-apiserver", hosts=(*api, *names)),
        Leaf("kubelet-server", instance.name, hosts=(instance.address, instance.name)),
        Leaf("admin", "pkgops-admin", ("system:masters",)),
        Leaf("apiserver-kubelet", "kube-apiserver-kubelet-client", ("system:masters",)),
        Leaf("controller-manager", "system:kube-controller-manager"),
        Leaf("scheduler", "system:kube-scheduler"),
        Leaf("kubelet", f"system:node:{instance.name}", ("system:nodes",)),
        Leaf("proxy", "system:kube-proxy"),
        Leaf("dns", "system:coredns"),
        Leaf("front-proxy", "front-proxy-client"),
    ]


def ensure(instance: Instance, now: dt.datetime) -> bool:
    """Issue certificates that are missing, have other addresses, or expire soon; return whether any was."""
    folder = instance.pki
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    renewed = not _is_valid(folder, AUTHORITY, (), now)
    if renewed:
        _write(folder, AUTHORITY, certificates.issue_authority("pkgops-local", now))
    if not (folder / "sa.key").exists():
        _issue_account_key(folder)
    stale = [
        leaf for leaf in leaves(instance) if renewed or not _is_valid(folder, leaf.file, leaf.hosts, now)
    ]
    for leaf in stale:
        issued = certificates.issue(_authority(folder), leaf.user, leaf.groups, leaf.hosts, now)
        _write(folder, leaf.file, issued)
    return bool(stale)


def _is_valid(folder: Path, name: str, hosts: Collection[str], now: dt.datetime) -> bool:
    try:
        certificate = (folder / f"{name}.crt").read_bytes()
    except OSError:
        return False
    return (folder / f"{name}.key").exists() and certificates.is_valid(certificate, hosts, now)


def _authority(folder: Path) -> certificates.Issued:
    return certificates.load(
        (folder / f"{AUTHORITY}.crt").read_bytes(), (folder / f"{AUTHORITY}.key").read_bytes()
    )


def _issue_account_key(folder: Path) -> None:
    private, public = certificates.issue_account_key()
    write_private(folder / "sa.pub", public)
    write_private(folder / "sa.key", private)


def _write(folder: Path, name: str, issued: certificates.Issued) -> None:
    write_private(folder / f"{name}.key", issued.key_pem)
    write_private(folder / f"{name}.crt", issued.certificate_pem)
