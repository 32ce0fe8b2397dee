"""The parts of a builder, read from the registry: the stack's images, buildpacks, the lifecycle."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.oci import Image, ImageRef, Layer, RegistryClient, read_image
from pkgops.platform.kpack.mixins import mixins_of

STACK_LABEL = "io.buildpacks.stack.id"
LAYERS_LABEL = "io.buildpacks.buildpack.layers"
METADATA_LABEL = "io.buildpacks.builder.metadata"
APIS_LABEL = "io.buildpacks.lifecycle.apis"


class BadPart(PkgopsError):
    """An image or object that a builder references is not valid; the text is kpack's message."""

    slug = "kpack-part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A stack with its two images, referenced by digest."""

    id: str
    build_ref: ImageRef
    build: Image
    run_ref: ImageRef
    run: Image
    user: int
    group: int
    mixins: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBuildpack:
    """A buildpack in an image; ``facts`` is its entry in the image's label."""

    id: str
    version: str
    facts: dict[str, Any]
    layer: Layer
    source: ImageRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifecycle:
    """A lifecycle's image: its programs are the last layer.

    Attributes:
        ref: the image, referenced by digest.
        layer: the layer with the programs, below ``/cnb/lifecycle``.
        version: the version of the lifecycle.
        api: the API versions in the label of old releases.
        apis: the supported and deprecated versions of the ``buildpack`` and ``platform`` API.
        labels: the labels of the image.
    """

    ref: ImageRef
    layer: Layer
    version: str
    api: Mapping[str, str]
    apis: Mapping[str, Any]
    labels: Mapping[str, str]

    def supported(self, kind: str) -> list[str]:
        """Return the supported versions of the ``buildpack`` or ``platform`` API, also deprecated ones."""
        versions = self.apis.get(kind) or {}
        return [*(versions.get("deprecated") or []), *(versions.get("supported") or [])]


def read_stack(client: RegistryClient, id: str, build: str, run: str) -> Stack:
    """Return a stack with its images.

    Raises:
        BadPart: the images are not of this stack.
        BadMixins: their mixins are not consistent.
        RegistryError: an image cannot be read.
    """
    build_ref, build_image = _digest_and_image(client, build)
    run_ref, run_image = _digest_and_image(client, run)
    stacks = build_image.labels.get(STACK_LABEL, ""), run_image.labels.get(STACK_LABEL, "")
    if stacks != (id, id):
        text = f"expected stack: {id}, build image stack: {stacks[0]}, run image stack: {stacks[1]}"
        raise BadPart(f"invalid stack images. {text}")
    user, group = number_of(build_image, "CNB_USER_ID"), number_of(build_image, "CNB_GROUP_ID")
    return Stack(
        id=id,
        build_ref=build_ref,
        build=build_image,
        run_ref=run_ref,
        run=run_image,
        user=user,
        group=group,
        mixins=mixins_of(build_image, run_image),
    )


def read_buildpacks(client: RegistryClient, image: str) -> list[StoredBuildpack]:
    """Return the buildpacks of an image.

    Raises:
        BadPart: it is not a buildpackage.
        RegistryError: it cannot be read.
    """
    ref, contents = _digest_and_image(client, image)
    text = contents.labels.get(LAYERS_LABEL)
    if not text:
        raise BadPart(f"could not find label {LAYERS_LABEL} on image {image}")
    layers = {layer.diff_id: layer for layer in contents.layers}
    return [
        StoredBuildpack(id=name, version=version, facts=facts, layer=layers[facts["layerDiffID"]], source=ref)
        for name, versions in sorted(json.loads(text).items())
        for version, facts in sorted(versions.items())
    ]


def number_of(image: Image, variable: str) -> int:
    """Return the number in an environment variable of an image.

    Raises:
        BadPart: the image does not have the variable, or it is not a number.
    """
    env = dict(entry.partition("=")[::2] for entry in image.config.get("config", {}).get("Env") or [])
    if variable not in env:
        raise BadPart(f"validating build image: ENV {variable} not found")
    try:
        return int(env[variable])
    except ValueError:
        raise BadPart(f"validating build image: env {variable}: {env[variable]!r} is no number") from None


def read_lifecycle(client: RegistryClient, image: str) -> Lifecycle:
    """Return the lifecycle of an image.

    Raises:
        BadPart: it is not the image of a lifecycle.
        RegistryError: it cannot be read.
    """
    ref, contents = _digest_and_image(client, image)
    documents = []
    for label in (METADATA_LABEL, APIS_LABEL):
        if label not in contents.labels:
            raise BadPart(f"could not find label {label} on image {image}")
        documents.append(json.loads(contents.labels[label]))
    metadata, apis = documents
    if not contents.layers:
        raise BadPart("failed to find lifecycle layer: failed to find lifecycle image layers")
    version = str((metadata.get("lifecycle") or {}).get("version", ""))
    return Lifecycle(
        ref=ref,
        layer=contents.layers[-1],
        version=version,
        api=metadata.get("api") or {},
        apis=apis,
        labels=contents.labels,
    )


def _digest_and_image(client: RegistryClient, text: str) -> tuple[ImageRef, Image]:
    written = ImageRef.parse(text)
    ref = written.at(written.digest or client.digest(written))
    return ref, read_image(client, ref)
