"""Build the images: every layer once, every image as a configuration of layers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pkgops import __version__, tools
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.images.recipe import ImageRecipe
from pkgops.local.images.recipes import ALL_IMAGES, IMAGES, LAYERS
from pkgops.local.images.sources import Sources
from pkgops.local.images.store import LayerStore, content_key
from pkgops.oci.image import Image, Layer, empty_image
from pkgops.oci.layers import Member
from pkgops.oci.reference import ImageRef

PART = "images"


@dataclass(frozen=True)
class BuiltImage:
    """An image that is on this machine's disk.

    Attributes:
        name: ``toolbox``, ``go``, ...
        image: its configuration and layers.
    """

    name: str
    image: Image

    @property
    def version(self) -> str:
        """pkgops's version and the beginning of the digest: the version changes with the content."""
        return f"{__version__}-{self.image.digest.removeprefix('sha256:')[:12]}"

    def ref(self, registry: str) -> ImageRef:
        """Return the image's reference in a registry."""
        return ImageRef(registry, f"pkgops/{self.name}", self.version)


def ensure_images(
    cache: Path, on_event: OnEvent, sources: Sources, names: Iterable[str] = tuple(IMAGES)
) -> list[BuiltImage]:
    """Build missing images and return all; those on disk are reused.

    Args:
        cache: the user's cache folder for images.
        on_event: gets each layer that is made, part ``images``.
        sources: the machine's parts.
        names: the images to make; all by default.

    Raises:
        tools.ToolFailed: Debian's packages or the Go compiler failed; the next call continues from there.
    """
    wanted = list(names)
    needed = dict.fromkeys(layer for name in wanted for layer in ALL_IMAGES[name].layers)
    layers = ensure_layers(cache, on_event, sources, needed)
    if set(wanted) == set(IMAGES):
        LayerStore(cache / "layers").prune((name, layer_key(name, sources)) for name in LAYERS)
    return [BuiltImage(name, _assemble(ALL_IMAGES[name], layers)) for name in wanted]


def ensure_layers(cache: Path, on_event: OnEvent, sources: Sources, names: Iterable[str]) -> dict[str, Layer]:
    """Make the layers that are missing, two at a time, and return them, with those below them, by name.

    Args:
        cache: the user's cache folder for images.
        on_event: gets each layer that is made, part ``images``; called from several threads.
        sources: the machine's parts.
        names: the layers.

    Raises:
        tools.ToolFailed: see :func:`ensure_images`; layers that were not started are not built.
    """
    store = LayerStore(cache / "layers")
    made: dict[str, Future[Layer]] = {}
    # Most of the time for a layer is spent in one process: a package manager, a compiler, gzip.
    with ThreadPoolExecutor(max_workers=2) as pool:
        needed = dict.fromkeys(one for name in names for one in (*_below(name), name))
        try:
            # Lower layers first: a layer that waits for them must not take the thread that they need.
            for name in sorted(needed, key=lambda name: len(_below(name))):
                below = {lower: made[lower] for lower in _below(name)}
                made[name] = pool.submit(_layer, store, cache, name, sources, on_event, below)
            return {name: made[name].result() for name in needed}
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def layer_key(name: str, sources: Sources) -> str:
    """Return a layer's content key; it includes the key of the layer that it is built from, if any."""
    recipe = LAYERS[name]
    below = (layer_key(recipe.on, sources),) if recipe.on else ()
    return content_key(recipe.describe(sources), *below)


def _layer(
    store: LayerStore,
    cache: Path,
    name: str,
    sources: Sources,
    on_event: OnEvent,
    below: Mapping[str, Future[Layer]],
) -> Layer:
    recipe = LAYERS[name]
    key = layer_key(name, sources)
    found = store.find(name, key)
    if found is not None:
        return found
    begun = time.monotonic()
    report = _reporter(name, on_event)
    report("")
    downloads = cache / "downloads"

    def members(work: Path) -> Iterable[Member]:
        for lower, layer in below.items():
            report(f"unpacking {lower}")
            _unpack(layer.result(), work)
        return recipe.make(work, sources, downloads, report)

    made = store.make(name, key, members, level=recipe.level)
    size = made.blob.size / 1_000_000
    on_event(PartEvent(PART, "ready", f"{name}: {size:.1f} MB", time.monotonic() - begun))
    return made


def _below(name: str) -> list[str]:
    """Return the layers below a layer, the lowest first."""
    lower = LAYERS[name].on
    return [*_below(lower), lower] if lower else []


def _unpack(layer: Layer, folder: Path) -> None:
    """Unpack a layer that was made here, with its owners and times."""
    words = ("tar", "--extract", "--gzip", "--numeric-owner", "--directory", str(folder))
    with layer.open() as blob:
        tools.run(*words, stdin=blob, deadline=900)


def _reporter(name: str, on_event: OnEvent) -> Callable[[str], None]:
    def report(detail: str) -> None:
        on_event(PartEvent(PART, "working", f"{name}: {detail}" if detail else name))

    return report


def _assemble(recipe: ImageRecipe, layers: Mapping[str, Layer]) -> Image:
    mine = [layers[name] for name in recipe.layers]
    image = empty_image(**recipe.settings)
    for name, layer in zip(recipe.layers, mine, strict=True):
        image = image.append([layer], f"pkgops {name}")
    return image.labelled(recipe.labels(mine)) if recipe.labels(mine) else image
