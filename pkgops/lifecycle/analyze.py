"""``analyzer``: reads the metadata of the previous image and of the run image."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pkgops.lifecycle import phase, tables
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.oci.client import RegistryClient
from pkgops.oci.errors import NotFound
from pkgops.oci.reference import ImageRef


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "analyzed", "run-image", "previous-image", many="images")

    def analyze() -> None:
        client = phase.registry_client()
        run_image = ImageRef.parse(flags.run_image)
        previous = flags.previous_image or (flags.images[0] if flags.images else "")
        if not previous:
            raise PhaseError("no image to analyze was given", Code.ANALYZE)
        table = {
            "image": _reference(client, ImageRef.parse(previous)),
            "run-image": {"reference": str(run_image.at(client.digest(run_image)))},
        }
        tables.write(Path(flags.analyzed or "/layers/analyzed.toml"), table)

    return phase.run("analyze", Code.ANALYZE, analyze)


def _reference(client: RegistryClient, ref: ImageRef) -> tables.Table:
    try:
        return {"reference": str(ref.at(client.digest(ref)))}
    except NotFound:
        print(f"Image with name {str(ref)!r} not found")
        return {}


if __name__ == "__main__":
    sys.exit(main())
