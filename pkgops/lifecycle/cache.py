"""The cache volume: the cache layers of the buildpacks for the next build, one archive for each."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.layer_files import BuildpackLayer
from pkgops.oci.layers import tree, write_layer
from pkgops.oci.unpacking import unpack


def save(cache: Path, layers: Path, kept: Iterable[BuildpackLayer]) -> list[str]:
    """Replace the content of the cache by these layers; returns their names."""
    draft, committed = cache / "committed.new", cache / "committed"
    shutil.rmtree(draft, ignore_errors=True)
    names = []
    for layer in kept:
        folder = draft / layer.buildpack.escaped
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / f"{layer.name}.tgz").open("wb") as out:
            write_layer(out, tree(layer.folder, mtime=None), level=1)
        shutil.copy(layers / layer.buildpack.escaped / f"{layer.name}.toml", folder)
        names.append(f"{layer.buildpack.id}:{layer.name}")
    shutil.rmtree(committed, ignore_errors=True)
    if draft.is_dir():
        draft.rename(committed)
    return names


def restore(cache: Path, layers: Path, group: Iterable[Buildpack]) -> list[str]:
    """Restore the cached layers of a group; returns their names."""
    names = []
    for buildpack in group:
        for archive in sorted((cache / "committed" / buildpack.escaped).glob("*.tgz")):
            folder = layers / buildpack.escaped / archive.stem
            folder.mkdir(parents=True, exist_ok=True)
            with archive.open("rb") as blob:
                unpack(blob, folder)
            shutil.copy(archive.with_suffix(".toml"), layers / buildpack.escaped)
            names.append(f"{buildpack.id}:{archive.stem}")
    return names
