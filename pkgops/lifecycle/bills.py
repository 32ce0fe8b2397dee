"""The software bills of materials (SBOM) that buildpacks write next to their layers, and the checks on them.

Source: buildpacks/lifecycle ``buildpack/bomfile.go``.
"""

from __future__ import annotations

from pathlib import Path

from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.phase import Code, PhaseError

TYPES = {
    "cdx": "application/vnd.cyclonedx+json",
    "spdx": "application/spdx+json",
    "syft": "application/vnd.syft+json",
}
"""By the part of the name between ``.sbom.`` and ``.json``."""


def check(buildpack: Buildpack, folder: Path) -> None:
    """Raise where a bill of materials has an unknown format, or one that the buildpack does not declare.

    Raises:
        PhaseError: names the file.
    """
    declared = {one.partition(";")[0].strip().lower() for one in buildpack.sbom_types}
    for path in sorted(folder.glob("*.sbom.*.json")):
        layer, _, form = path.name.removesuffix(".json").partition(".sbom.")
        if layer not in ("launch", "build") and not (folder / f"{layer}.toml").exists():
            continue
        if form not in TYPES:
            raise PhaseError(f"unsupported SBOM file format: '{path}'", Code.BUILD)
        if TYPES[form] not in declared:
            where = f"validating SBOM file '{path}' for buildpack: '{buildpack}'"
            raise PhaseError(f"{where}: undeclared SBOM media type: '{TYPES[form]}'", Code.BUILD)
