"""imgpkg's lock files: ImagesLock (what a bundle refers to) and BundleLock (what was pushed)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pkgops.errors import UsageError
from pkgops.formats import yaml
from pkgops.oci.reference import ImageRef

API_VERSION = "imgpkg.carvel.dev/v1alpha1"
ID_ANNOTATION = "kbld.carvel.dev/id"
ORIGINS_ANNOTATION = "kbld.carvel.dev/origins"


class BadLock(UsageError):
    """A lock file that imgpkg would not accept."""

    slug = "lock-file"


@dataclass(frozen=True, slots=True)
class LockedImage:
    """One image of an ImagesLock: a digest reference and its annotations."""

    image: str
    annotations: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImagesLock:
    """The file ``.imgpkg/images.yml``."""

    images: tuple[LockedImage, ...] = ()

    @classmethod
    def parse(cls, text: str, source: str) -> ImagesLock:
        """Return the parsed file, as strictly as imgpkg reads it.

        Raises:
            BadLock: not an ImagesLock, an unknown key, or an image without a digest.
            UsageError: not YAML.
        """
        return cls.of(yaml.parse(text, source), source)

    @classmethod
    def of(cls, document: Any, source: str) -> ImagesLock:
        """Read a parsed document; see :meth:`parse`.

        Raises:
            BadLock: as :meth:`parse`.
        """
        _expect(document, "ImagesLock", {"apiVersion", "kind", "images", "metadata"}, source)
        return cls(tuple(_locked(entry, source) for entry in document.get("images") or []))

    def dump(self) -> str:
        """Return the file's text: a leading ``---``, keys sorted, ``images`` left out when empty."""
        images = [_entry(image) for image in self.images]
        document: dict[str, Any] = {"apiVersion": API_VERSION}
        if images:
            document["images"] = images
        document["kind"] = "ImagesLock"
        return "---\n" + yaml.dump_all([document])


@dataclass(frozen=True, slots=True)
class BundleLock:
    """The file that ``push --lock-output`` writes: the bundle's digest reference and its tag."""

    image: str
    tag: str = ""

    @classmethod
    def parse(cls, text: str, source: str) -> BundleLock:
        """Read the file; raises :class:`BadLock`."""
        document = yaml.parse(text, source)
        _expect(document, "BundleLock", {"apiVersion", "kind", "bundle", "metadata"}, source)
        bundle = document.get("bundle") or {}
        _digest_reference(str(bundle.get("image", "")), source)
        return cls(bundle["image"], str(bundle.get("tag", "")))

    def dump(self) -> str:
        """Return the file's text; one line of it has ``image: ``."""
        bundle = {"image": self.image, **({"tag": self.tag} if self.tag else {})}
        return "---\n" + yaml.dump_all([{"apiVersion": API_VERSION, "bundle": bundle, "kind": "BundleLock"}])


@dataclass(frozen=True, slots=True)
class ImageLocations:
    """The content of a bundle's locations image: which images were copied with it."""

    images: tuple[tuple[str, bool], ...] = ()

    def dump(self) -> str:
        """Return the text of ``image-locations.yml``."""
        images = [{"image": image, "isBundle": is_bundle} for image, is_bundle in self.images]
        return "---\n" + yaml.dump_all(
            [{"apiVersion": API_VERSION, "images": images, "kind": "ImageLocations"}]
        )


def _expect(document: Any, kind: str, keys: set[str], source: str) -> None:
    if not isinstance(document, dict) or document.get("kind") != kind:
        raise BadLock(f"{source}: not an {kind}", next=f"the file must have kind: {kind}")
    if document.get("apiVersion") != API_VERSION:
        raise BadLock(f"{source}: unknown apiVersion (known: {API_VERSION})")
    unknown = sorted(set(document) - keys)
    if unknown:
        raise BadLock(f"{source}: unknown field {', '.join(repr(key) for key in unknown)}")


def _locked(entry: Any, source: str) -> LockedImage:
    if not isinstance(entry, dict) or set(entry) - {"image", "annotations"}:
        raise BadLock(f"{source}: an entry of images has image and annotations, nothing else")
    image = str(entry.get("image", ""))
    _digest_reference(image, source)
    annotations = entry.get("annotations") or {}
    return LockedImage(image, {str(key): str(value) for key, value in annotations.items()})


def _digest_reference(image: str, source: str) -> None:
    if not image or not ImageRef.parse(image).digest:
        raise BadLock(f"{source}: expected image '{image}' to be in digest form (name@sha256:...)")


def _entry(image: LockedImage) -> dict[str, Any]:
    annotations = dict(sorted(image.annotations.items()))
    return {**({"annotations": annotations} if annotations else {}), "image": image.image}
