"""``restorer``: restores the layers that the last build saved in the cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pkgops.lifecycle import cache, phase
from pkgops.lifecycle.buildpacks_on_disk import chosen
from pkgops.lifecycle.phase import Code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "group", "layers", "cache-dir", "cache-image")

    def restore() -> None:
        layers, group, names = Path(flags.layers), chosen(Path(flags.group)), list[str]()
        if flags.cache_dir:
            names = cache.restore(Path(flags.cache_dir), layers, group)
        elif flags.cache_image:
            # Imported late: a cache in a volume needs no registry.
            from pkgops.lifecycle import cache_image
            from pkgops.oci.reference import ImageRef

            ref = ImageRef.parse(flags.cache_image)
            names = cache_image.restore(phase.registry_client(), ref, layers, group)
        for name in names:
            print(f'Restoring data for "{name}" from cache')

    return phase.run("restore", Code.RESTORE, restore)


if __name__ == "__main__":
    sys.exit(main())
