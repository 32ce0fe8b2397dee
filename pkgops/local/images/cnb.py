"""Images for Cloud Native Buildpacks: a stack, a buildpack as a layer, a small run image."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pkgops
from pkgops.local.images.debian import USER_ID
from pkgops.local.images.store import content_key
from pkgops.oci.image import Layer
from pkgops.oci.layers import Member, directory, regular, tree

BUILDPACKS = Path(pkgops.__file__).parent / "lifecycle" / "buildpacks"
STACK_ID = "pkgops.stacks.bookworm"
STACK_LABELS = {"io.buildpacks.stack.id": STACK_ID, "io.buildpacks.stack.maintainer": "pkgops"}
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def buildpack_facts(name: str = "go") -> dict[str, Any]:
    """Return a buildpack's own description, the table ``buildpack`` of its buildpack.toml."""
    document = tomllib.loads((BUILDPACKS / name / "buildpack.toml").read_text())
    return {"api": document["api"], **document["buildpack"]}


def buildpack(name: str = "go") -> Iterator[Member]:
    """Yield a buildpack at its path in a builder: ``/cnb/buildpacks/<id>/<version>``."""
    facts = buildpack_facts(name)
    folder = f"cnb/buildpacks/{facts['id'].replace('/', '_')}/{facts['version']}"
    for header, opener in tree(BUILDPACKS / name, folder, owner=(0, 0), skip=_compiled):
        if "/bin/" in header.name:
            header.mode = 0o755
        yield header, opener


def _compiled(path: PurePosixPath) -> bool:
    return "__pycache__" in path.parts


def describe_buildpack(name: str = "go") -> str:
    """Return a digest of a buildpack's files."""
    files = (path for path in sorted((BUILDPACKS / name).rglob("*")) if path.is_file())
    return content_key(*(path.read_bytes() for path in files if path.suffix != ".pyc"))


def buildpack_labels(layers: Sequence[Layer], name: str = "go") -> dict[str, str]:
    """Return the labels of a buildpackage: the buildpack, and its layer.

    Source: the buildpacks distribution specification, ``io.buildpacks.buildpackage.metadata`` and
    ``io.buildpacks.buildpack.layers``.
    """
    facts = buildpack_facts(name)
    stacks = [{"id": "*"}]
    metadata = {key: facts[key] for key in ("id", "version", "homepage") if key in facts}
    entry = {"api": facts["api"], "stacks": stacks, "layerDiffID": layers[0].diff_id}
    entry |= {key: facts[key] for key in ("homepage", "name") if key in facts}
    return {
        "io.buildpacks.buildpackage.metadata": json.dumps({**metadata, "stacks": stacks}),
        "io.buildpacks.buildpack.layers": json.dumps({facts["id"]: {facts["version"]: entry}}),
    }


def lifecycle_labels(version: str) -> dict[str, str]:
    """Return the labels of the lifecycle's image: version, supported APIs, shared caches."""
    apis = {
        "buildpack": {"deprecated": [], "supported": ["0.7", "0.8", "0.9", "0.10", "0.11"]},
        "platform": {"deprecated": [], "supported": ["0.9"]},
    }
    return {
        "io.buildpacks.builder.metadata": json.dumps({"lifecycle": {"version": version}, "apis": apis}),
        "io.buildpacks.lifecycle.apis": json.dumps(apis),
        "io.buildpacks.lifecycle.version": version,
        "pkgops.dev/cache-in-build": "true",
    }


def home() -> Iterator[Member]:
    """Yield the home folder of the user that builds: it is HOME of buildpacks, whose tools write there."""
    yield directory("home/cnb", 0o755, (USER_ID, USER_ID)), None


def run_files() -> Iterator[Member]:
    """Yield the files that a static program needs: users, certificates, ``/tmp``; no shell."""
    owner = (USER_ID, USER_ID)
    for name in ("etc", "etc/ssl", "etc/ssl/certs", "home"):
        yield directory(name), None
    yield directory("home/cnb", 0o755, owner), None
    yield directory("tmp", 0o1777), None
    passwd = f"root:x:0:0::/root:/sbin/nologin\ncnb:x:{USER_ID}:{USER_ID}::/home/cnb:/sbin/nologin\n"
    yield regular("etc/passwd", passwd.encode())
    yield regular("etc/group", f"root:x:0:\ncnb:x:{USER_ID}:\n".encode())
    yield regular("etc/nsswitch.conf", b"hosts: files dns\n")
    if _CERTIFICATES.is_file():
        yield regular("etc/ssl/certs/ca-certificates.crt", _CERTIFICATES.read_bytes())
