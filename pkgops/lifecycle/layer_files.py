"""The layers that buildpacks wrote: a folder for each, and a TOML file next to it with its types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pkgops.lifecycle import tables, typed
from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError

# The time that buildpacks/lifecycle gives to every file in an image, for digests that stay the same.
MTIME = 315_532_801


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildpackLayer:
    """A layer in the layers folder.

    Attributes:
        buildpack: the buildpack that wrote it.
        folder: its content.
        launch, build, cache: its types in the TOML file.
        data: the buildpack's metadata of the layer.
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


def check(layers: Path, buildpack: Buildpack) -> None:
    """Raise for layers that cannot be exported: a launch layer without contents, an invalid ``store.toml``.

    The layers of the previous image are not restored, so none of them can be reused.

    Raises:
        PhaseError: names the layer or the buildpack.
    """
    root = layers / buildpack.escaped
    try:
        typed.read(root / "store.toml", typed.STORE)
    except PhaseError as error:
        before = f"reading layers for buildpack '{buildpack.id}'"
        text = f'{before}: failed decoding store.toml for buildpack "{buildpack.id}": {error.what}'
        raise PhaseError(text, Code.EXPORT) from error
    for path in _described(root):
        types = tables.read(path).get("types", {})
        name = f"{buildpack.id}:{path.stem}"
        if not types.get("launch") or path.with_suffix("").is_dir():
            continue
        if types.get("cache"):
            raise PhaseError(f"layer '{name}' is cache=true but has no contents", Code.EXPORT)
        text = f"cannot reuse '{name}', previous image has no metadata for layer '{name}'"
        raise PhaseError(text, Code.EXPORT)


def layers_of(layers: Path, buildpack: Buildpack) -> Iterator[BuildpackLayer]:
    """Yield the layers of a buildpack, sorted by name."""
    for path in _described(layers / buildpack.escaped):
        folder = path.with_suffix("")
        if not folder.is_dir():
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


def _described(root: Path) -> list[Path]:
    own = ("launch", "build", "store")
    return [path for path in sorted(root.glob("*.toml")) if path.stem not in own]
