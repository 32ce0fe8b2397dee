"""Resolve images to digests, in kbld's order of rules, and return the documents with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pkgops.formats import yaml
from pkgops.oci.errors import RegistryError
from pkgops.oci.kbld.config import Config
from pkgops.oci.kbld.search import replace_images
from pkgops.oci.locks import ID_ANNOTATION, ORIGINS_ANNOTATION, ImagesLock, LockedImage
from pkgops.oci.reference import ImageRef

IMAGES_ANNOTATION = "kbld.k14s.io/images"
Origins = Sequence[Mapping[str, Any]]


class Digests(Protocol):
    """A source of the digests of tags; a ``RegistryClient`` is one."""

    def digest(self, ref: ImageRef) -> str:
        """Return the digest that a reference has now; raises ``RegistryError``."""


@dataclass(frozen=True, slots=True)
class ResolvedImage:
    """One image: as it was written, its digest reference, and its origins."""

    original: str
    final: str
    origins: Origins = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """The documents with digest references, and every image once, by the text that was written."""

    documents: list[dict[str, Any]]
    images: tuple[ResolvedImage, ...]


@dataclass
class _Run:
    config: Config
    client: Digests
    on_line: Callable[[str], None]
    known: dict[str, ResolvedImage] = field(default_factory=dict)

    def image(self, text: str) -> ResolvedImage:
        if text not in self.known:
            self.known[text] = resolved = _resolve_one(text, self.config, self.client)
            self.on_line(f"resolve | final: {text} -> {resolved.final}")
        return self.known[text]


def resolve(
    documents: Iterable[Mapping[str, Any]],
    config: Config,
    client: Digests,
    *,
    annotate: bool = True,
    on_line: Callable[[str], None] = lambda _: None,
) -> Resolved:
    """Replace the images of documents by digest references.

    Args:
        documents: Kubernetes resources, without kbld's own configuration (see ``read_config``).
        config: overrides and search rules.
        client: used for tags that no rule resolves.
        annotate: add ``kbld.k14s.io/images`` to every changed resource.
        on_line: called with ``resolve | final: <old> -> <new>`` once for each image.

    Raises:
        RegistryError: a tag cannot be resolved.
        BadReference: a value is not an image.
    """
    run = _Run(config, client, on_line)
    done = [_document(document, run, annotate) for document in documents]
    images = tuple(run.known[text] for text in sorted(run.known))
    return Resolved(done, images)


def images_lock(resolved: Resolved) -> ImagesLock:
    """Return the ImagesLock of ``--imgpkg-lock-output``."""
    return ImagesLock(tuple(_locked(image) for image in resolved.images))


def dump(documents: Iterable[Mapping[str, Any]]) -> str:
    """Print documents as kbld does: ``---`` before each, keys sorted."""
    return "".join("---\n" + yaml.dump_all([sort_keys(document)]) for document in documents)


def sort_keys(value: Any) -> Any:
    """Return a value with the keys of all its maps sorted."""
    if isinstance(value, Mapping):
        return {key: sort_keys(value[key]) for key in sorted(value, key=str)}
    return [sort_keys(item) for item in value] if isinstance(value, list) else value


def _document(document: Mapping[str, Any], run: _Run, annotate: bool) -> dict[str, Any]:
    used: dict[str, ResolvedImage] = {}

    def replace(text: str) -> str:
        used[text] = found = run.image(text)
        return found.final

    changed: dict[str, Any] = replace_images(dict(document), run.config.rules, replace)
    if used and annotate and isinstance(changed.get("metadata"), dict):
        changed["metadata"] = _annotated(changed["metadata"], used.values())
    return changed


def _annotated(metadata: Mapping[str, Any], images: Iterable[ResolvedImage]) -> dict[str, Any]:
    entries = [{"origins": sort_keys(list(image.origins)), "url": image.final} for image in images]
    text = yaml.dump_all([sorted(entries, key=lambda entry: str(entry["url"]))])
    return {**metadata, "annotations": {**(metadata.get("annotations") or {}), IMAGES_ANNOTATION: text}}


def _resolve_one(text: str, config: Config, client: Digests) -> ResolvedImage:
    wanted, origins = text, list[Mapping[str, Any]]()
    for override in config.overrides:
        if override.matches(text):
            wanted = override.new_image
            if override.preresolved:
                known = yaml.parse(override.origins, ORIGINS_ANNOTATION) if override.origins else []
                return ResolvedImage(text, wanted, known or [{"preresolved": {"url": wanted}}])
            break
    ref = ImageRef.parse(wanted)
    if ref.digest:
        final = str(ref.at(ref.digest))
        return ResolvedImage(text, final, [*origins, {"preresolved": {"url": final}}])
    return _ask_registry(text, ref, client)


def _ask_registry(text: str, ref: ImageRef, client: Digests) -> ResolvedImage:
    tag = ref.tag or "latest"
    digest = client.digest(ref)
    # Read twice, as kbld does: a tag that changes at this moment has no reliable digest.
    if client.digest(ref) != digest:
        raise RegistryError(f"Expected digest resolution to be consistent over two separate requests: {ref}")
    final = str(ref.at(digest))
    return ResolvedImage(text, final, [{"resolved": {"tag": tag, "url": str(ref.tagged(tag))}}])


def _locked(image: ResolvedImage) -> LockedImage:
    origins = yaml.dump_all([sort_keys(list(image.origins))])
    return LockedImage(image.final, {ID_ANNOTATION: image.original, ORIGINS_ANNOTATION: origins})
