"""The layers that buildpacks wrote: a folder each, and a TOML file beside it that says what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pkgops.lifecycle import tables
from pkgops.lifecycle.buildpacks_on_disk import Buildpack

# The time that buildpacks/lifecycle gives to every file in an image, for digests that stay the same.
MTIME = 315_532_801


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackLayer:
    """A layer in the layers folder.

    Attributes:
        buildpack: whose it is.
        folder: its content.
        launch, build, cache: what its TOML file says it is for.
        data: the buildpack's own metadata of it.
    """

    buildpack: Buildpack
    folder: Path
    launch: bool
    build: bool
    cache: bool
    data: tables.Table

    @property
    def name(self) -> str:
        """Its name within the buildpack."""
        return self.folder.name


def layers_of(layers: Path, buildpack: Buildpack) -> Iterator[BuildpackLayer]:
    """Yield the layers of a buildpack, sorted by name."""
    root = layers / buildpack.escaped
    for path in sorted(root.glob("*.toml")):
        folder = path.with_suffix("")
        if path.stem in ("launch", "build", "store") or not folder.is_dir():
            continue
        table = tables.read(path)
        types = table.get("types", {})
        yield BuildpackLayer(
            buildpack=buildpack,
            folder=folder,
            launch=bool(types.get("launch")),
            build=bool(types.get("build")),
            cache=bool(types.get("cache")),
            data=table.get("metadata", {}),
        )
