"""Where the registry's password is read from when the configuration does not contain it.

Order: the configuration or PKGOPS_REGISTRY_PASSWORD, the file that ``pkgops.registryPasswordFile``
names, the docker configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pkgops.errors import UsageError
from pkgops.settings import Origin, Settings


def complete(settings: Settings, environ: Mapping[str, str]) -> Settings:
    """Return settings with the registry's user name and password, where they are found.

    Raises:
        UsageError: the password file cannot be read, or the docker configuration is not one.
    """
    if settings.text("registry.password"):
        return settings
    file = settings.text("pkgops.registryPasswordFile")
    if file:
        return _with(settings, {"password": _read(Path(file).expanduser())}, f"file {file}")
    return _from_docker(settings, environ)


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError as error:
        raise UsageError(
            f"cannot read the registry's password from {path}",
            why=error.strerror or str(error),
            next="correct pkgops.registryPasswordFile, or set PKGOPS_REGISTRY_PASSWORD",
            slug="password-file",
        ) from error


def _from_docker(settings: Settings, environ: Mapping[str, str]) -> Settings:
    prefix = settings.text("registry.tagPrefix")
    if not prefix:
        return settings
    from pkgops.oci import DockerConfig, ImageRef

    found = DockerConfig.load(environ).find(ImageRef.parse(f"{prefix}x"))
    if found is None or not found.username:
        return settings
    pair = {"username": found.username, "password": found.password}
    return _with(settings, pair, "docker configuration")


def _with(settings: Settings, values: dict[str, str], place: str) -> Settings:
    return settings.with_overrides({"registry": values}, Origin("file", place))
