"""``rebaser``: replaces the run image of an application's image without building it again."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pkgops.lifecycle import phase, tables
from pkgops.lifecycle.app_image import METADATA_LABEL
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.lifecycle.secrets import read_secrets, write_config
from pkgops.oci.client import RegistryClient
from pkgops.oci.image import Image, read_image, write_image
from pkgops.oci.reference import ImageRef


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "last-built-image", "run-image", "report", many="images")

    def rebase() -> None:
        config = read_secrets(sys.argv[1:] if argv is None else argv)
        write_config(config, Path("/builder/home"))
        client = RegistryClient(config)
        run_ref = ImageRef.parse(flags.run_image)
        image = exchange(client, ImageRef.parse(flags.last_built_image), run_ref)
        refs = [ImageRef.parse(name) for name in flags.images]
        digest = write_image(client, image, [ref.tagged(ref.tag or "latest") for ref in refs])
        print(f"Rebased on {run_ref}: {digest}")
        tables.write(Path(flags.report), {"image": {"tags": flags.images, "digest": digest}})

    return phase.run("rebase", Code.REBASE, rebase)


def exchange(client: RegistryClient, app: ImageRef, run_image: ImageRef) -> Image:
    """Return the application's image on another run image.

    Raises:
        PhaseError: the image was not built by buildpacks, or not on the run image in its metadata.
    """
    image = read_image(client, app)
    metadata = json.loads(image.labels.get(METADATA_LABEL, "{}"))
    top = metadata.get("runImage", {}).get("topLayer", "")
    diff_ids = [layer.diff_id for layer in image.layers]
    if top not in diff_ids:
        raise PhaseError(f"{app} does not say which of its layers are the run image's", Code.REBASE)
    count = diff_ids.index(top) + 1
    history = {**image.config, "history": list(image.config.get("history") or [])[:count]}
    old = replace(image, config=history, layers=image.layers[:count])
    new = read_image(client, run_image)
    run = {**metadata["runImage"], "reference": str(run_image), "topLayer": new.layers[-1].diff_id}
    label = json.dumps({**metadata, "runImage": run}, separators=(",", ":"))
    return image.rebased(old, new).labelled({METADATA_LABEL: label})


if __name__ == "__main__":
    sys.exit(main())
