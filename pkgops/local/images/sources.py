"""The inputs of the images on this machine: a Go toolchain, pkgops's programs, Debian packages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pkgops import tools
from pkgops.local.golang import Go

SUITE = "bookworm"


@dataclass(frozen=True)
class Sources:
    """The inputs that come from the machine.

    Attributes:
        go: the toolchain; the whole of it goes into the image.
        helpers: the compiled static programs by name: entrypoint, launch, pause.
        mirror: the Debian archive; empty for the one of this machine's apt.
    """

    go: Go
    helpers: Mapping[str, Path] = field(default_factory=dict)
    mirror: str = ""

    def goroot(self) -> Path:
        """Return the toolchain's folder."""
        if self.go.root:
            return self.go.root
        return Path(
            tools.run(str(self.go.program), "env", "GOROOT", env=self.go.environment()).stdout.strip()
        )


def debian_mirror() -> str:
    """Return the Debian archive that this machine's apt uses; empty where apt has none of the suite."""
    if tools.find("apt-get") is None:
        return ""
    filters = ("Identifier: Packages", f"Codename: {SUITE}")
    found = tools.run("apt-get", "indextargets", "--format", "$(REPO_URI)", *filters, ok=(0, 100)).stdout
    archives = [line for line in found.split() if line.startswith("http") and "debian" in line]
    return archives[0] if archives else ""
