"""Buildpacks of a few lines of shell, and the order that a builder tries them in."""

from pathlib import Path


def add_buildpack(pod: Path, id: str, detect: str, build: str = "exit 0") -> None:
    """Put a buildpack of two shell scripts into the builder."""
    folder = pod / "cnb/buildpacks" / id.replace("/", "_") / "1"
    (folder / "bin").mkdir(parents=True)
    (folder / "buildpack.toml").write_text(f'api = "0.9"\n[buildpack]\nid = "{id}"\nversion = "1"\n')
    for name, script in (("detect", detect), ("build", build)):
        path = folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)


def set_order(pod: Path, *groups: str) -> None:
    """Write the builder's order: ids separated by blanks, optional ones with a question mark."""
    lines = []
    for group in groups:
        lines.append("[[order]]")
        for name in group.split():
            optional = str(name.endswith("?")).lower()
            lines.append(f'[[order.group]]\nid = "{name.rstrip("?")}"\nversion = "1"\noptional = {optional}')
    (pod / "cnb/order.toml").write_text("\n".join(lines))
