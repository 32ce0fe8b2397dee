"""The cache as an image in a registry: the cache layers of the buildpacks, and a label that lists them.

Source of the label: buildpacks/lifecycle ``cache/image_cache.go`` and ``platform/files/metadata.go``.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pkgops.lifecycle import tables
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.layer_files import MTIME, BuildpackLayer
from pkgops.oci.client import RegistryClient
from pkgops.oci.errors import NotFound
from pkgops.oci.image import Layer, empty_image, read_image, write_image
from pkgops.oci.layers import memory_layer, tree
from pkgops.oci.reference import ImageRef
from pkgops.oci.unpacking import unpack

LABEL = "io.buildpacks.lifecycle.cache.metadata"


def save(client: RegistryClient, ref: ImageRef, kept: Iterable[BuildpackLayer]) -> list[str]:
    """Store these layers as the image ``ref``; returns their names."""
    layers = [(one, _layer(one)) for one in kept]
    image = empty_image().append((layer for _, layer in layers), "buildpacks cache")
    write_image(client, image.labelled({LABEL: json.dumps(_metadata(layers))}), [ref])
    return [f"{one.buildpack.id}:{one.name}" for one, _ in layers]


def restore(client: RegistryClient, ref: ImageRef, layers: Path, group: Iterable[Buildpack]) -> list[str]:
    """Restore the layers of a group that the image contains; returns their names, none without an image."""
    try:
        image = read_image(client, ref)
    except NotFound:
        return []
    listed = json.loads(image.labels.get(LABEL) or "{}").get("buildpacks") or []
    found = {one["key"]: one.get("layers") or {} for one in listed}
    names = []
    for buildpack in group:
        for name, layer_metadata in found.get(buildpack.id, {}).items():
            layer = next(one for one in image.layers if one.diff_id == layer_metadata["sha"])
            _restore_layer(layer, layers, buildpack, name)
            types = {key: bool(layer_metadata.get(key)) for key in ("launch", "build", "cache")}
            table = {"types": types, "metadata": layer_metadata.get("data") or {}}
            tables.write(layers / buildpack.escaped / f"{name}.toml", table)
            names.append(f"{buildpack.id}:{name}")
    return names


def _layer(one: BuildpackLayer) -> Layer:
    return memory_layer(tree(one.folder, f"layers/{one.buildpack.escaped}/{one.name}", mtime=MTIME), level=1)


def _metadata(layers: Iterable[tuple[BuildpackLayer, Layer]]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for one, layer in layers:
        empty = {"key": one.buildpack.id, "version": one.buildpack.version, "layers": {}}
        layer_metadata: dict[str, Any] = {"sha": layer.diff_id, "data": one.data}
        layer_metadata |= {"build": one.build, "launch": one.launch, "cache": one.cache}
        found.setdefault(one.buildpack.id, empty)["layers"][one.name] = layer_metadata
    return {"buildpacks": list(found.values())}


def _restore_layer(layer: Layer, layers: Path, buildpack: Buildpack, name: str) -> None:
    target = layers / buildpack.escaped / name
    with tempfile.TemporaryDirectory(dir=layers) as work, layer.open() as blob:
        unpack(blob, Path(work))
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        (Path(work) / "layers" / buildpack.escaped / name).rename(target)
