"""What a builder is made of, read from the registry: the stack's images, buildpacks, the lifecycle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.oci import Image, ImageRef, Layer, RegistryClient, read_image

STACK_LABEL = "io.buildpacks.stack.id"
LAYERS_LABEL = "io.buildpacks.buildpack.layers"
VERSION_LABEL = "io.buildpacks.lifecycle.version"


class BadPart(PkgopsError):
    """An image is there and is not what it should be."""

    slug = "kpack-part"


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack's two images, in digest form."""

    id: str
    build_ref: ImageRef
    build: Image
    run_ref: ImageRef
    run: Image
    user: int
    group: int


@dataclass(frozen=True, slots=True)
class StoredBuildpack:
    """A buildpack in a store's image."""

    id: str
    version: str
    facts: dict[str, Any]
    layer: Layer
    source: ImageRef


def read_stack(client: RegistryClient, id: str, build: str, run: str) -> Stack:
    """Read a stack's images.

    Raises:
        BadPart: the images are not of this stack (kpack's message).
        RegistryError: an image cannot be read.
    """
    build_ref, build_image = _digest_and_image(client, build)
    run_ref, run_image = _digest_and_image(client, run)
    found = build_image.labels.get(STACK_LABEL, ""), run_image.labels.get(STACK_LABEL, "")
    if found != (id, id):
        text = f"expected stack: {id}, build image stack: {found[0]}, run image stack: {found[1]}"
        raise BadPart(f"invalid stack images. {text}")
    env = dict(entry.partition("=")[::2] for entry in build_image.config.get("config", {}).get("Env") or [])
    user, group = int(env.get("CNB_USER_ID", 0)), int(env.get("CNB_GROUP_ID", 0))
    return Stack(
        id=id, build_ref=build_ref, build=build_image, run_ref=run_ref, run=run_image, user=user, group=group
    )


def read_buildpacks(client: RegistryClient, image: str) -> list[StoredBuildpack]:
    """Read the buildpacks of a store's image.

    Raises:
        BadPart: it is no buildpackage.
        RegistryError: it cannot be read.
    """
    ref, found = _digest_and_image(client, image)
    text = found.labels.get(LAYERS_LABEL)
    if not text:
        raise BadPart(f"could not find label {LAYERS_LABEL} on image {image}")
    layers = {layer.diff_id: layer for layer in found.layers}
    return [
        StoredBuildpack(id=name, version=version, facts=facts, layer=layers[facts["layerDiffID"]], source=ref)
        for name, versions in sorted(json.loads(text).items())
        for version, facts in sorted(versions.items())
    ]


def read_lifecycle(client: RegistryClient, image: str) -> tuple[ImageRef, Image, str]:
    """Read the lifecycle's image: its digest reference, itself, its version.

    Raises:
        BadPart: it is no lifecycle image.
        RegistryError: it cannot be read.
    """
    ref, found = _digest_and_image(client, image)
    version = found.labels.get(VERSION_LABEL, "")
    if not version:
        raise BadPart(f"could not find label {VERSION_LABEL} on image {image}")
    return ref, found, version


def _digest_and_image(client: RegistryClient, text: str) -> tuple[ImageRef, Image]:
    written = ImageRef.parse(text)
    ref = written.at(written.digest or client.digest(written))
    return ref, read_image(client, ref)
