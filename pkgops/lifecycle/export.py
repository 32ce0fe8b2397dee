"""``exporter``: assembles the application's image from the layers, and pushes it under its tags.

Source of paths, labels and environment: the buildpacks platform specification (0.9) and
buildpacks/lifecycle's ``phase/exporter.go``.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from pkgops.lifecycle import cache, cache_image, layer_files, outputs, phase, tables
from pkgops.lifecycle.app_image import LAUNCHER, AppParts, assemble
from pkgops.lifecycle.buildpacks_on_disk import chosen
from pkgops.lifecycle.layer_files import BuildpackLayer
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.oci.client import RegistryClient
from pkgops.oci.image import Image, read_image, write_image
from pkgops.oci.reference import ImageRef

_FLAGS = (
    "app", "group", "layers", "analyzed", "project-metadata", "report", "cache-dir", "cache-image",
    "launcher", "process-type",
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, *_FLAGS, many="images")

    def export() -> None:
        layers, group = Path(flags.layers or "/layers"), chosen(Path(flags.group))
        for one in group:
            layer_files.check(layers, one)
        kept = [layer for one in group for layer in layer_files.layers_of(layers, one)]
        client = phase.registry_client()
        run_ref = _run_image(Path(flags.analyzed))
        parts = AppParts(
            app=Path(flags.app or "/workspace"),
            layers=layers,
            kept=tuple(layer for layer in kept if layer.launch),
            metadata=tables.read(layers / "config" / "metadata.toml"),
            project=tables.read(Path(flags.project_metadata)),
            run_image=run_ref,
            run_name=os.environ.get("CNB_RUN_IMAGE", ""),
            launcher=Path(flags.launcher) if flags.launcher else LAUNCHER,
            process_type=flags.process_type,
            created=os.environ.get("SOURCE_DATE_EPOCH", ""),
        )
        outputs.check_types(parts.metadata.get("processes", []))
        image = assemble(read_image(client, run_ref), parts, on_line=print)
        digest = _push(client, image, [ImageRef.parse(name) for name in flags.images])
        _report(Path(flags.report), digest, flags.images, image)
        cached = [layer for layer in kept if layer.cache]
        for name in _save_cache(client, flags, layers, cached):
            print(f"Adding cache layer '{name}'")

    return phase.run("export", Code.EXPORT, export)


def _run_image(analyzed: Path) -> ImageRef:
    reference = tables.read(analyzed).get("run-image", {}).get("reference", "")
    if not reference:
        raise PhaseError("the analysis names no run image", Code.EXPORT)
    return ImageRef.parse(reference)


def _push(client: RegistryClient, image: Image, refs: Sequence[ImageRef]) -> str:
    print(f"Saving {refs[0].name}...")
    digest = write_image(client, image, [ref.tagged(ref.tag or "latest") for ref in refs])
    print(f"*** Images ({digest}):")
    for ref in refs:
        print(f"      {ref}")
    return digest


def _report(path: Path, digest: str, names: Sequence[str], image: Image) -> None:
    size = len(image.manifest().content)
    tables.write(path, {"image": {"tags": list(names), "digest": digest, "manifest-size": size}})


def _save_cache(
    client: RegistryClient, flags: Namespace, layers: Path, cached: Iterable[BuildpackLayer]
) -> list[str]:
    if flags.cache_dir:
        return cache.save(Path(flags.cache_dir), layers, cached)
    if flags.cache_image:
        return cache_image.save(client, ImageRef.parse(flags.cache_image), cached)
    return []


if __name__ == "__main__":
    sys.exit(main())
