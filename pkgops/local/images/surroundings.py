"""The machine's settings for pods that fetch dependencies: trusted authorities, registries and proxies.

The system-wide files of package managers are generated from the user's configuration and
environment, so that no registry is named here. Users and passwords are included where they are part of a URL;
tokens are not.
"""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pkgops.oci.layers import Member, directory, regular

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
_NPM_KEYS = ("registry", "proxy", "https-proxy", "noproxy")
_SCOPE = re.compile(r"@[^:]+:registry")
_PIP_KEYS = ("index-url", "extra-index-url", "trusted-host", "proxy", "timeout", "retries")


def certificates() -> Iterator[Member]:
    """Yield the authorities that this machine trusts, at the path where Debian's programs read them."""
    if CERTIFICATES.is_file():
        for name in ("etc", "etc/ssl", "etc/ssl/certs"):
            yield directory(name), None
        yield regular("etc/ssl/certs/ca-certificates.crt", CERTIFICATES.read_bytes())


def describe_certificates() -> bytes:
    """Return the inputs of :func:`certificates`."""
    return CERTIFICATES.read_bytes() if CERTIFICATES.is_file() else b""


def proxies(environ: Mapping[str, str]) -> list[str]:
    """Return the machine's proxies as an image's environment, in both spellings that programs read."""
    values = {name: environ.get(name) or environ.get(name.lower(), "") for name in PROXIES}
    both = ((spelled, value) for name, value in values.items() for spelled in (name, name.lower()) if value)
    return [f"{name}={value}" for name, value in both]


def registries(environ: Mapping[str, str], home: Path) -> Iterator[Member]:
    """Yield the configuration of package managers: this machine's registries."""
    pip = pip_conf(
        environ, _texts([Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"])
    )
    yield directory("etc"), None
    yield regular("etc/pip.conf", pip.encode())
    npm = npmrc(environ, _texts([Path("/etc/npmrc"), Path("/usr/etc/npmrc"), home / ".npmrc"]))
    yield regular("etc/npmrc", npm.encode())


def pip_conf(environ: Mapping[str, str], files: Iterable[str]) -> str:
    """Return pip's configuration for all users: later files take precedence, and the environment over all."""
    options: dict[str, str] = {}
    for text in files:
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(text)
        for section in ("global", "install"):
            items = parser.items(section) if parser.has_section(section) else []
            options |= {key.replace("_", "-"): value for key, value in items}
    kept = {key: options[key] for key in _PIP_KEYS if key in options}
    for key in _PIP_KEYS:
        value = environ.get(f"PIP_{key.replace('-', '_').upper()}") or environ.get(
            f"PIP_DEFAULT_{key.upper()}", ""
        )
        kept |= {key: value} if value else {}
    lines = [f"{key} = {value.replace(chr(10), chr(10) + '    ')}" for key, value in kept.items()]
    fixed = (f"cert = {CERTIFICATES}", "disable-pip-version-check = true")
    return "\n".join(["[global]", *fixed, *lines]) + "\n"


def npmrc(environ: Mapping[str, str], files: Iterable[str]) -> str:
    """Return npm's configuration for all users, by the same precedence; with scopes, without tokens."""
    options: dict[str, str] = {}
    for text in files:
        pairs = (line.partition("=")[::2] for line in text.splitlines())
        options |= {key.strip(): value.strip() for key, value in pairs}
    options |= {
        key.lower().removeprefix("npm_config_"): value
        for key, value in environ.items()
        if key.lower().startswith("npm_config_")
    }
    kept = {key: value for key, value in options.items() if key in _NPM_KEYS or _SCOPE.fullmatch(key)}
    fixed = (f"cafile={CERTIFICATES}", "audit=false", "fund=false", "update-notifier=false")
    return "\n".join([*fixed, *(f"{key}={value}" for key, value in kept.items())]) + "\n"


def _texts(paths: Iterable[Path]) -> list[str]:
    return [path.read_text(errors="replace") for path in paths if path.is_file() and os.access(path, os.R_OK)]
