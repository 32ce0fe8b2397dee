"""The Tasks of the shipped templates, and their steps run as programs of this machine."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pkgops.flows import render
from pkgops.settings import Overrides, load

Obj = dict[str, Any]
IMAGES = ("python", "nodejs", "java-maven", "any", "static")
"""The languages beside Go that a configuration may name images for."""
_CONFIGURATION = """
registry: {tagPrefix: r.io/demo/}
git: {url: https://git.example.com/shop.git}
workload: {name: shop}
"""


def tasks(folder: Path) -> dict[str, Obj]:
    """Return the Tasks by name, as templates with an image for every language have them."""
    images = ", ".join(f"{name}: image-{name}" for name in IMAGES)
    text = f"{_CONFIGURATION}steps: {{test: {{images: {{{images}}}}}, package: {{image: toolbox}}}}\n"
    (folder / "values.yaml").write_text(text)
    found = render.render(load(Overrides((folder / "values.yaml",)), {}, folder), ["default"]).workflows
    return {one["metadata"]["name"]: one for one in found if one["kind"] == "Task"}


def run_step(
    step: Mapping[str, Any], folder: Path, source: Path, sub_path: str = "", **environment: str
) -> tuple[int, str]:
    """Run the script of a step on a source, with its shared folder below ``folder``."""
    archive = folder / "source.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(source, ".")
    words = [word.replace("/workspace/", f"{folder}/") for word in (*step["command"], *step["args"])]
    env = {"PATH": "/usr/bin:/bin", "BLOB_URL": archive.as_uri(), "SUB_PATH": sub_path, "CACHE": ""}
    done = subprocess.run(
        words,
        env=env | environment,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    return done.returncode, done.stdout + done.stderr
