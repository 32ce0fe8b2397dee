"""Keys and certificates of the local cluster; the one importer of cryptography.

Authorities sign servers and clients; an authority with hosts is itself a server, whose clients trust this
certificate. Keys are on the curve P-256, except those for service accounts.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = dt.timedelta(days=3650)
RENEW_BEFORE = dt.timedelta(days=60)
# A machine whose clock is a little late must not refuse a new certificate.
BACKDATED = dt.timedelta(hours=1)
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(_PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key as PEM (PKCS #8, not encrypted)."""
        return _private_pem(self.key)


def load(certificate: bytes, key: bytes) -> Issued:
    """Return a certificate and its key, parsed from PEM.

    Raises:
        ValueError: a text is not a certificate, or not a key as this module creates.
    """
    private = serialization.load_pem_private_key(key, None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError("not a key on an elliptic curve")
    return Issued(x509.load_pem_x509_certificate(certificate), private)


def is_valid(certificate: bytes, hosts: Collection[str], now: dt.datetime) -> bool:
    """Return whether a PEM text is a certificate for exactly these hosts that does not expire soon.

    Args:
        certificate: the PEM text; anything else is not valid.
        hosts: names and addresses; empty: any.
        now: the present moment, aware.
    """
    try:
        found = x509.load_pem_x509_certificate(certificate)
    except ValueError:
        return False
    if hosts and set(hosts) != _hosts_of(found):
        return False
    return found.not_valid_before_utc <= now < found.not_valid_after_utc - RENEW_BEFORE


def issue_authority(name: str, now: dt.datetime, hosts: Sequence[str] = ()) -> Issued:
    """Return a new self-signed authority; with ``hosts`` it is also a server of these names itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    subject = _name(name, ())
    builder = (
        _builder(subject, subject, public, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )
    return Issued(_with_hosts(builder, hosts).sign(key, hashes.SHA256()), key)


def issue(
    authority: Issued, user: str, groups: Sequence[str], hosts: Sequence[str], now: dt.datetime
) -> Issued:
    """Return a new certificate that ``authority`` signs: of a server where it has hosts, else of a client.

    Args:
        authority: the signing authority.
        user: the common name: to Kubernetes, the user's name.
        groups: the organisations: to Kubernetes, the user's groups.
        hosts: names and addresses of a server; empty for a client.
        now: the present moment, aware.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key()
    signer = authority.key.public_key()
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(_name(user, groups), authority.certificate.subject, public, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )
    return Issued(_with_hosts(builder, hosts).sign(authority.key, hashes.SHA256()), key)


def issue_account_key() -> tuple[bytes, bytes]:
    """Return the private and the public key (PEM) that sign and check service accounts' tokens.

    RSA, because kube-apiserver and kube-controller-manager sign with RS256 by default.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _private_pem(key), public


def _hosts_of(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {str(name.value) for name in names}


def _builder(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFE)
    )


def _with_hosts(builder: x509.CertificateBuilder, hosts: Sequence[str]) -> x509.CertificateBuilder:
    if not hosts:
        return builder
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    return builder.add_extension(names, critical=False)


def _name(user: str, groups: Sequence[str]) -> x509.Name:
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


def _private_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
