"""The machine's settings for Java, in Java's own files: trusted authorities, Maven's mirrors and proxies.

Java reads neither the certificate bundle nor the proxy variables that other programs use.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pkgops.errors import PreflightError
from pkgops.local.images.surroundings import PROXIES, describe_certificates
from pkgops.oci.layers import Member, directory, regular

_MAGIC, _VERSION, _TRUSTED = 0xFEEDFEED, 2, 2
_SEAL = "changeit".encode("utf-16-be") + b"Mighty Aphrodite"
"""Java's default password; it protects integrity, and nothing in the store is secret."""

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_NAMESPACE = re.compile(r"^\{[^}]*\}")


def truststore() -> Iterator[Member]:
    """Yield the authorities that this machine trusts, at the path where Debian's Java reads them."""
    store = java_keystore(describe_certificates())
    for name in ("etc", "etc/ssl", "etc/ssl/certs", "etc/ssl/certs/java"):
        yield directory(name), None
    yield regular("etc/ssl/certs/java/cacerts", store)


def java_keystore(bundle: bytes) -> bytes:
    """Return the certificates of a PEM bundle as a store of the format ``JKS``.

    Source: the comment of ``sun.security.provider.JavaKeyStore.engineStore``.
    """
    found = {base64.b64decode(text): None for text in _PEM.findall(bundle)}
    body = struct.pack(">III", _MAGIC, _VERSION, len(found))
    for certificate in found:
        alias = hashlib.sha256(certificate).hexdigest()[:32]
        body += struct.pack(">I", _TRUSTED) + _text(alias) + struct.pack(">Q", 0)
        body += _text("X.509") + struct.pack(">I", len(certificate)) + certificate
    return body + hashlib.sha1(_SEAL + body, usedforsecurity=False).digest()


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack(">H", len(data)) + data


def maven(environ: Mapping[str, str], home: Path) -> Iterator[Member]:
    """Yield Maven's settings for all users, from those of the user and of this machine."""
    text = maven_settings(environ, _files(home))
    for name in ("etc", "etc/maven"):
        yield directory(name), None
    yield regular("etc/maven/settings.xml", text.encode())


def describe_maven(environ: Mapping[str, str], home: Path) -> list[bytes]:
    """Return the inputs of :func:`maven`."""
    read = [path.read_bytes() for path in _files(home) if path.is_file()]
    variables = (name for proxy in PROXIES for name in (proxy, proxy.lower()))
    return [*read, *(f"{name}={environ.get(name, '')}".encode() for name in variables)]


def _files(home: Path) -> tuple[Path, ...]:
    return home / ".m2/settings.xml", Path("/etc/maven/settings.xml")


def maven_settings(environ: Mapping[str, str], files: Iterable[Path]) -> str:
    """Return settings with the mirrors and proxies of other files, the first of which take precedence.

    Where no file has a proxy, those of the environment are used. Servers' passwords and profiles are not
    copied.

    Raises:
        PreflightError: a file is no XML.
    """
    root = ElementTree.Element("settings")
    mirrors, proxies = (ElementTree.SubElement(root, name) for name in ("mirrors", "proxies"))
    for path in files:
        for section in _sections(path):
            if section.tag in ("mirrors", "proxies"):
                (mirrors if section.tag == "mirrors" else proxies).extend(section)
    if len(proxies) == 0:
        proxies.extend(_environment_proxies(environ))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _sections(path: Path) -> list[ElementTree.Element]:
    if not path.is_file():
        return []
    try:
        root = ElementTree.fromstring(path.read_bytes())  # noqa: S314  the user's own file
    except (ElementTree.ParseError, OSError) as error:
        raise PreflightError(
            f"cannot read Maven's settings {path}",
            why=str(error),
            next="correct the file; pods get Maven's mirrors and proxies from it",
            slug="maven-settings",
        ) from error
    for element in root.iter():
        element.tag = _NAMESPACE.sub("", element.tag)
        element.tail = None
    return list(root)


def _environment_proxies(environ: Mapping[str, str]) -> Iterator[ElementTree.Element]:
    apart = (environ.get("NO_PROXY") or environ.get("no_proxy", "")).split(",")
    names = [name.strip() for name in apart if name.strip()]
    for protocol in ("http", "https"):
        variable = f"{protocol}_proxy"
        parts = urlsplit(environ.get(variable.upper()) or environ.get(variable, ""))
        if not parts.hostname:
            continue
        facts = {
            "id": f"environment-{protocol}",
            "active": "true",
            "protocol": protocol,
            "host": parts.hostname,
            "port": str(parts.port or 80),
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            # Other programs use a leading dot, or nothing, where Java uses an asterisk.
            "nonProxyHosts": "|".join(f"*{name}" if name.startswith(".") else name for name in names),
        }
        proxy = ElementTree.Element("proxy")
        for name, value in facts.items():
            if value:
                ElementTree.SubElement(proxy, name).text = value
        yield proxy
