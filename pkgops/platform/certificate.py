"""The certificate of the admission webhook: made once, kept with the platform's data."""

from __future__ import annotations

import base64
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LIFE = timedelta(days=3650)
RENEW_BEFORE = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files of a self-signed certificate, which is its own authority."""

    certificate: Path
    key: Path

    @property
    def bundle(self) -> str:
        """The authority as the API server's ``caBundle`` wants it."""
        return base64.b64encode(self.certificate.read_bytes()).decode()


def ensure(folder: Path, address: str, now: datetime) -> Certificate:
    """Return the certificate for an address; issue it if it is missing, for another address, or old."""
    found = Certificate(folder / "webhook.crt", folder / "webhook.key")
    if not _valid(found, address, now):
        _issue(found, address, now)
    return found


def _valid(found: Certificate, address: str, now: datetime) -> bool:
    try:
        parsed = x509.load_pem_x509_certificate(found.certificate.read_bytes())
        names = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    addresses = [str(item) for item in names.get_values_for_type(x509.IPAddress)]
    return found.key.exists() and address in addresses and parsed.not_valid_after_utc - RENEW_BEFORE > now


def _issue(wanted: Certificate, address: str, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pkgops local platform")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + LIFE)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    wanted.key.touch(mode=0o600)
    wanted.key.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    wanted.certificate.write_bytes(certificate.public_bytes(encoding))
