"""The serving certificate of the admission webhooks: issued once, stored in the platform's data folder."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pkgops import certificates


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a self-signed certificate, which is its own CA."""

    certificate: Path
    key: Path

    @property
    def bundle(self) -> str:
        """The CA certificate in the form of ``caBundle``."""
        return base64.b64encode(self.certificate.read_bytes()).decode()


def ensure(folder: Path, address: str, now: datetime) -> Certificate:
    """Return the certificate for an address; a new one if it is missing, for another address, or expiring."""
    certificate = Certificate(folder / "webhook.crt", folder / "webhook.key")
    if not _is_valid(certificate, address, now):
        issued = certificates.issue_authority("pkgops local platform", now, (address,))
        certificate.key.touch(mode=0o600)
        certificate.key.write_bytes(issued.key_pem)
        certificate.certificate.write_bytes(issued.certificate_pem)
    return certificate


def _is_valid(certificate: Certificate, address: str, now: datetime) -> bool:
    try:
        content = certificate.certificate.read_bytes()
    except OSError:
        return False
    return certificate.key.exists() and certificates.is_valid(content, (address,), now)
