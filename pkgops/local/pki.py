"""Keys and certificates of an instance: one authority, servers, clients, the key for service accounts."""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from pkgops.local.instance import DOMAIN, SERVICE_ADDRESS, Instance
from pkgops.local.state import write_private

LIFE = dt.timedelta(days=3650)
RENEW_BEFORE = dt.timedelta(days=60)
Key = ec.EllipticCurvePrivateKey


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
    """Issue what is missing, names other addresses, or ends soon; return whether anything was."""
    instance.pki.mkdir(parents=True, exist_ok=True, mode=0o700)
    renewed = not _valid(instance.pki / "ca.crt", (), now)
    if renewed:
        _issue_authority(instance.pki, now)
    if not (instance.pki / "sa.key").exists():
        _issue_account_key(instance.pki)
    stale = [leaf for leaf in leaves(instance) if renewed or not _leaf_valid(instance.pki, leaf, now)]
    for leaf in stale:
        _issue(instance.pki, leaf, now)
    return bool(stale)


def _leaf_valid(folder: Path, leaf: Leaf, now: dt.datetime) -> bool:
    return (folder / f"{leaf.file}.key").exists() and _valid(folder / f"{leaf.file}.crt", leaf.hosts, now)


def _valid(path: Path, hosts: tuple[str, ...], now: dt.datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    if hosts and set(hosts) != _hosts_of(found):
        return False
    return found.not_valid_before_utc <= now < found.not_valid_after_utc - RENEW_BEFORE


def _hosts_of(certificate: x509.Certificate) -> set[str]:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {str(name.value) for name in names}


def _issue_authority(folder: Path, now: dt.datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("pkgops-local", ())
    public = key.public_key()
    built = (
        _builder(name, name, public, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write(folder, "ca", key, built)


def _issue(folder: Path, leaf: Leaf, now: dt.datetime) -> None:
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    signer = _load_key(folder / "ca.key")
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if leaf.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(_name(leaf.user, leaf.groups), authority.subject, public, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    if leaf.hosts:
        names = x509.SubjectAlternativeName([_general_name(host) for host in leaf.hosts])
        builder = builder.add_extension(names, critical=False)
    _write(folder, leaf.file, key, builder.sign(signer, hashes.SHA256()))


def _issue_account_key(folder: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    write_private(folder / "sa.pub", public)
    write_private(folder / "sa.key", _pem(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + LIFE)
    )


def _name(user: str, groups: tuple[str, ...]) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _load_key(path: Path) -> Key:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def _pem(key: Key | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(folder: Path, name: str, key: Key, certificate: x509.Certificate) -> None:
    write_private(folder / f"{name}.key", _pem(key))
    write_private(folder / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM))
