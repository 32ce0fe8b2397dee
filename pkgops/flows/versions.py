"""The package versions in the registry, and the application image of each."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from pkgops.errors import StepFailed, UsageError
from pkgops.flows.did_you_mean import unknown
from pkgops.flows.registry import keychain
from pkgops.model import ImageRef
from pkgops.settings import Settings

REPOSITORY_SUFFIX = "-ops-pkg"
"""The package bundle's repository is the workload's with this at its end."""


def available(settings: Settings) -> list[str]:
    """Return the package versions in the registry, the newest first.

    Raises:
        RegistryError: the registry cannot be read.
    """
    from pkgops import oci

    try:
        tags = oci.RegistryClient(keychain(settings)).tags(oci.ImageRef.parse(repository(settings)))
    except oci.NotFound:
        return []
    versions = [tag.removeprefix("v") for tag in tags if _key(tag.removeprefix("v")) is not None]
    return sorted(versions, key=lambda version: _key(version) or (), reverse=True)


def resolved(settings: Settings, version: str) -> tuple[str, str]:
    """Return the ops bundle and the application image of a package version, both by digest.

    Raises:
        UsageError: there is no such version; names the nearest.
        StepFailed: a bundle on the way refers to no image, or to several.
    """
    from pkgops import oci

    known = available(settings)
    if version not in known:
        raise unknown("version", version, known, f"in {repository(settings)}")
    client = oci.RegistryClient(keychain(settings))
    ops = _only_image(client, f"{repository(settings)}:v{version}")
    return ops, _only_image(client, ops, _application(settings))


def _only_image(client: object, reference: str, repository: str = "") -> str:
    """The image that a bundle refers to; of several the one in ``repository``."""
    from pkgops import oci
    from pkgops.oci.bundle import pull_bundle

    with tempfile.TemporaryDirectory(prefix="pkgops-bundle-") as folder:
        pulled = pull_bundle(client, oci.ImageRef.parse(reference), Path(folder) / "bundle")  # type: ignore[arg-type]
    return only_image(reference, [entry.image for entry in pulled.lock.images], repository)


def only_image(reference: str, images: Sequence[str], repository: str = "") -> str:
    """Choose the image that a bundle refers to; of several the one in ``repository``.

    Raises:
        StepFailed: it refers to no image, or to several.
    """
    own = [image for image in images if ImageRef.parse(image).name == repository]
    if len(own) == 1:
        return own[0]
    if len(images) != 1:
        raise StepFailed(
            f"the bundle {reference} refers to {len(images)} images, not to one",
            why="\n".join(images),
            next="pkgops trace",
            slug="bundle-images",
        )
    return images[0]


def repository(settings: Settings) -> str:
    """Return the repository of the package bundles."""
    return f"{_application(settings)}{REPOSITORY_SUFFIX}"


def _application(settings: Settings) -> str:
    """The repository of the application's own image."""
    prefix = settings.required("registry.tagPrefix", "packages are kept below it")
    return f"{prefix}{settings.workload}"


def _key(version: str) -> tuple[int, ...] | None:
    parts = version.partition("-")[0].split(".")
    return tuple(int(part) for part in parts) if len(parts) == 3 and all(map(str.isdigit, parts)) else None


def is_exact(version: str) -> bool:
    """Return whether a text is one exact version, and not a range."""
    return _key(version) is not None


def check(version: str) -> None:
    """Make sure that a text is one exact version.

    Raises:
        UsageError: it is a range, or not a version.
    """
    if not is_exact(version):
        raise UsageError(
            f"{version!r} is not an exact package version",
            next="write one like 0.1.1700000000; pkgops status shows what runs where",
            slug="bad-version",
        )
