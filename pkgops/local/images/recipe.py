"""Recipes of layers and images."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pkgops.local.images.sources import Sources
from pkgops.oci.image import Layer
from pkgops.oci.layers import Member

OnProgress = Callable[[str], None]
Make = Callable[[Path, Sources, Path, OnProgress], Iterable[Member]]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class LayerRecipe:
    """How a layer is made.

    Attributes:
        describe: returns the inputs of the layer's content.
        make: gets a work folder, the sources, a folder for downloads and a progress callback; yields members.
        level: of compression; big layers that are only used locally have 1.
        on: the layer that it is built from, which is unpacked into the work folder before, with all layers
            below it; else empty.
    """

    describe: Callable[[Sources], str]
    make: Make
    level: int = 1
    on: str = ""


@dataclass(frozen=True)
class ImageRecipe:
    """An image: its layers from the lowest, its settings, and labels computed from the layers."""

    layers: tuple[str, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    labels: Callable[[Sequence[Layer]], dict[str, str]] = lambda _: {}
