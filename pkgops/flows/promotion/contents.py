"""The content of a package version, read from the registry: package bundle → ops bundle → images."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pkgops.errors import PkgopsError
from pkgops.flows import versions
from pkgops.flows.did_you_mean import unknown
from pkgops.flows.promotion.compare import Contents, checksum
from pkgops.flows.registry import keychain
from pkgops.formats import yaml
from pkgops.settings import Settings

if TYPE_CHECKING:
    from pkgops.kapp.identity import Obj
    from pkgops.oci import RegistryClient

_LOCKS = ".imgpkg"
_SUFFIXES = (".yml", ".yaml")
_OF_TOOLS = ("kapp.k14s.io", "kbld.k14s.io")
"""The API groups of tools' configuration, which is among the resources and need not have a name."""


def of_version(settings: Settings, version: str) -> Contents:
    """Return the content of a package version.

    Raises:
        UsageError: the registry has no such version; names the nearest.
        StepFailed: the package bundle refers to no image, or to several.
        RegistryError: the registry does not respond, or lacks a bundle.
    """
    from pkgops import oci

    known = versions.available(settings)
    if version not in known:
        raise unknown("version", version, known, f"in {versions.repository(settings)}")
    client = oci.RegistryClient(keychain(settings))
    reference = f"{versions.repository(settings)}:v{version}"
    package = _pulled(client, reference)
    ops = versions.only_image(reference, package.images)
    bundle = _pulled(client, ops)
    named = {f"package/{path}": value for path, value in package.others.items()}
    named |= {f"ops/{path}": value for path, value in bundle.others.items()}
    return Contents(
        version=version,
        objects=tuple(bundle.objects),
        package=tuple(package.objects),
        images=(ops, *bundle.images),
        files=named,
        bundle=bundle.files,
    )


class _Bundle(NamedTuple):
    """The resources of a bundle, the images it refers to, all files, and checksums of the other files."""

    objects: list[Obj]
    images: list[str]
    files: dict[str, bytes]
    others: dict[str, str]


def _pulled(client: RegistryClient, reference: str) -> _Bundle:
    from pkgops import oci
    from pkgops.oci.bundle import pull_bundle

    objects: list[Obj] = []
    files: dict[str, bytes] = {}
    others: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="pkgops-bundle-") as folder:
        root = Path(folder) / "bundle"
        pulled = pull_bundle(client, oci.ImageRef.parse(reference), root)
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root)
            if path.is_symlink() or not path.is_file():
                continue
            content = files[relative.as_posix()] = path.read_bytes()
            if relative.parts[0] == _LOCKS:
                continue
            found = _resources(path)
            if found is None:
                others[relative.as_posix()] = checksum(content)
            else:
                objects += found
    return _Bundle(objects, [entry.image for entry in pulled.lock.images], files, others)


def _resources(path: Path) -> list[Obj] | None:
    """The resources in a file; None where a document is not one, so that the whole file is compared."""
    if path.suffix not in _SUFFIXES:
        return None
    try:
        documents = yaml.parse_all(path.read_text(), path.name)
    except (PkgopsError, UnicodeDecodeError):
        return None
    flat = [item for document in documents if document is not None for item in _items(document)]
    return flat if all(map(_is_resource, flat)) else None


def _items(document: Any) -> Iterator[Any]:
    listed = isinstance(document, dict) and str(document.get("kind") or "").endswith("List")
    if listed and isinstance(document.get("items"), list):
        for item in document["items"]:
            yield from _items(item)
    else:
        yield document


def _is_resource(document: Any) -> bool:
    if not isinstance(document, dict) or not document.get("apiVersion") or not document.get("kind"):
        return False
    if document["kind"] == "Config" and str(document["apiVersion"]).partition("/")[0] in _OF_TOOLS:
        return True
    meta = document.get("metadata")
    return isinstance(meta, dict) and bool(meta.get("name"))
