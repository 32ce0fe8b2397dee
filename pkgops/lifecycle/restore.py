"""``restorer``: brings back the layers that the last build left in the cache."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from pkgops.lifecycle import cache, phase
from pkgops.lifecycle.buildpacks_on_disk import chosen
from pkgops.lifecycle.phase import Code


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    flags = phase.parse(argv, "group", "layers", "cache-dir")

    def restore() -> None:
        if flags.cache_dir:
            names = cache.restore(Path(flags.cache_dir), Path(flags.layers), chosen(Path(flags.group)))
            for name in names:
                print(f'Restoring data for "{name}" from cache')

    return phase.run("restore", Code.RESTORE, restore)


if __name__ == "__main__":
    sys.exit(main())
