"""kbld's configuration: documents among the input that are no resources but rules for resolving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pkgops.errors import UsageError
from pkgops.oci import locks
from pkgops.oci.locks import ID_ANNOTATION, ORIGINS_ANNOTATION, ImagesLock
from pkgops.oci.reference import ImageRef

API_VERSION = "kbld.k14s.io/v1alpha1"
KINDS = ("Config", "Sources", "ImageOverrides", "ImageDestinations", "ImageKeys")
_STRATEGIES = ("none", "entireValue", "json", "yaml")
Document = Mapping[str, Any]


class BadConfig(UsageError):
    """A kbld configuration that cannot be used here."""

    slug = "kbld-config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A replacement of an image, before any other resolution.

    Attributes:
        image: matches this image exactly; or empty.
        repository: matches every tag and digest of this repository (``imageRepo``); or empty.
        new_image: the replacement; empty keeps the image.
        preresolved: whether ``new_image`` is final, so that the registry is not read.
        origins: the origins in an ImagesLock, as YAML text; or empty.
    """

    image: str = ""
    repository: str = ""
    new_image: str = ""
    preresolved: bool = False
    origins: str = ""

    def matches(self, image: str) -> bool:
        """Return whether this override is for an image as it is written."""
        return matches_value(image, self.image, self.repository)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchRule:
    """Where images are searched in a document.

    Attributes:
        key: a map's key whose value is an image; or empty.
        path: keys and indexes from the document's root (``{"allIndexes": true}`` is None); or empty.
        image, repository: the value's condition; both empty for any.
        strategy: ``entireValue``, ``json`` or ``yaml`` (search in the text), or ``none`` (keep it).
    """

    key: str = ""
    path: tuple[str | int | None, ...] = ()
    image: str = ""
    repository: str = ""
    strategy: str = "entireValue"


@dataclass(frozen=True, slots=True)
class Config:
    """All configuration of one run."""

    overrides: tuple[Override, ...] = ()
    rules: tuple[SearchRule, ...] = (SearchRule(key="image"),)

    def with_lock(self, lock: ImagesLock) -> Config:
        """Return the configuration with a lock's images as final overrides.

        Raises:
            BadConfig: an image has no ``kbld.carvel.dev/id``.
        """
        return replace(self, overrides=(*self.overrides, *_from_lock(lock)))


def matches_value(text: str, image: str, repository: str) -> bool:
    """Return whether a text is the image, or an image of the repository."""
    if image:
        return text == image
    if not repository:
        return False
    name = text.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return (head if colon and "/" not in tail else name) == repository


def read_config(documents: Iterable[Document]) -> tuple[Config, list[Document]]:
    """Return the configuration among documents, and the other documents.

    Raises:
        BadConfig: malformed, or it requires building or pushing images.
    """
    config, rest = Config(), list[Document]()
    for document in documents:
        kind = (document.get("apiVersion"), document.get("kind"))
        if kind == (locks.API_VERSION, "ImagesLock"):
            config = config.with_lock(ImagesLock.of(document, "ImagesLock"))
        elif kind[0] == API_VERSION and kind[1] in KINDS:
            config = _merge(config, document)
        else:
            rest.append(document)
    return config, rest


def _merge(config: Config, document: Document) -> Config:
    for part in ("sources", "destinations"):
        if document.get(part):
            raise BadConfig(
                f"kbld {document['kind']}: {part} are not supported",
                why="this kbld resolves images; it neither builds nor pushes them",
                next=f"remove {part}, or use the original kbld for this step",
            )
    overrides = tuple(_override(entry) for entry in document.get("overrides") or [])
    rules = tuple(_rule(entry) for entry in document.get("searchRules") or [])
    keys = tuple(SearchRule(key=str(key)) for key in document.get("keys") or [])
    # The user's rules come first: the first that matches a place decides.
    return Config(config.overrides + overrides, rules + keys + config.rules)


def _override(entry: Document) -> Override:
    known = {"image", "imageRepo", "newImage", "preresolved"}
    _only(entry, known, "an override")
    if bool(entry.get("image")) == bool(entry.get("imageRepo")):
        raise BadConfig("kbld Config: an override needs image or imageRepo")
    if not entry.get("newImage"):
        raise BadConfig("kbld Config: an override needs newImage")
    return Override(
        image=str(entry.get("image", "")),
        repository=str(entry.get("imageRepo", "")),
        new_image=str(entry["newImage"]),
        preresolved=bool(entry.get("preresolved", False)),
    )


def _rule(entry: Document) -> SearchRule:
    _only(entry, {"keyMatcher", "valueMatcher", "updateStrategy"}, "a search rule")
    key, value = entry.get("keyMatcher") or {}, entry.get("valueMatcher") or {}
    strategies = [name for name in _STRATEGIES if name in (entry.get("updateStrategy") or {})]
    if not key and not value:
        raise BadConfig("kbld Config: a search rule needs keyMatcher or valueMatcher")
    return SearchRule(
        key=str(key.get("name", "")),
        path=tuple(_step(step) for step in key.get("path") or []),
        image=str(value.get("image", "")),
        repository=str(value.get("imageRepo", "")),
        strategy=strategies[0] if strategies else "entireValue",
    )


def _step(step: Any) -> str | int | None:
    if isinstance(step, dict) and step.get("allIndexes"):
        return None
    if isinstance(step, str | int):
        return step
    raise BadConfig(f"kbld Config: {step!r} is not part of a path")


def _only(entry: Document, known: set[str], what: str) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise BadConfig(f"kbld Config: {what} with {', '.join(unknown)} is not supported")


def _from_lock(lock: ImagesLock) -> Iterable[Override]:
    for locked in lock.images:
        identifier = locked.annotations.get(ID_ANNOTATION, "")
        if not identifier:
            raise BadConfig(
                f"Expected '{locked.image}' in ImagesLock to have annotation '{ID_ANNOTATION}'",
                next="write the lock with kbld --imgpkg-lock-output",
            )
        origins = locked.annotations.get(ORIGINS_ANNOTATION, "")
        yield Override(image=identifier, new_image=locked.image, preresolved=True, origins=origins)
        # An image of a lock is also matched by its own digest reference, wherever it was copied to.
        yield Override(
            image=str(ImageRef.parse(locked.image)), new_image=locked.image, preresolved=True, origins=origins
        )
