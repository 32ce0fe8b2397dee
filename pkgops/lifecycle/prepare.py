"""``build-init``: checks access to the registries, then fetches the source.

Source: kpack's ``cmd/build-init``.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.lifecycle import fetching, phase, tables
from pkgops.lifecycle.phase import Code, PhaseError
from pkgops.lifecycle.secrets import git_environment, read_secrets, write_config
from pkgops.oci.client import RegistryClient
from pkgops.oci.reference import ImageRef

HOME = Path("/builder/home")
WORKSPACE = Path("/workspace")
PLATFORM = Path("/platform")
METADATA = Path("/projectMetadata")
_ENV = "PLATFORM_ENV_"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the phase; returns the exit code."""
    arguments = sys.argv[1:] if argv is None else argv
    return phase.run("prepare", Code.FAILED, lambda: _prepare(arguments, os.environ))


def _prepare(arguments: Sequence[str], environ: Mapping[str, str]) -> None:
    _print_reasons(environ.get("BUILD_CHANGES", ""))
    config = read_secrets(arguments)
    write_config(config, HOME)
    _check_access(RegistryClient(config), environ)
    _write_platform_env(environ)
    git = git_environment(arguments) if environ.get("GIT_URL") else {}
    commit = fetching.fetch({**environ, **git}, WORKSPACE)
    tables.write(METADATA / "project-metadata.toml", {"source": _source(environ, commit)})


def _print_reasons(changes: str) -> None:
    if changes:
        print("Build reason(s): " + ",".join(change["reason"] for change in json.loads(changes)))


def _check_access(client: RegistryClient, environ: Mapping[str, str]) -> None:
    tag, run_image = environ.get("IMAGE_TAG", ""), environ.get("RUN_IMAGE", "")
    try:
        client.check_push(ImageRef.parse(tag))
    except PkgopsError as error:
        raise PhaseError(f'Error verifying write access to "{tag}": {error.what}', Code.FAILED) from error
    try:
        client.digest(ImageRef.parse(run_image))
    except PkgopsError as error:
        text = f'Error verifying read access to run image "{run_image}": {error.what}'
        raise PhaseError(text, Code.FAILED) from error


def _write_platform_env(environ: Mapping[str, str]) -> None:
    folder = PLATFORM / "env"
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in environ.items():
        if name.startswith(_ENV):
            (folder / name.removeprefix(_ENV)).write_text(value)


def _source(environ: Mapping[str, str], commit: str) -> tables.Table:
    if environ.get("GIT_URL"):
        metadata = {"repository": environ["GIT_URL"], "revision": environ.get("GIT_REVISION", "")}
        return {"type": "git", "metadata": metadata, "version": {"commit": commit}}
    if environ.get("BLOB_URL"):
        return {"type": "blob", "metadata": {"url": environ["BLOB_URL"]}, "version": {"sha256sum": commit}}
    return {"type": "registry", "metadata": {"image": environ.get("REGISTRY_IMAGE", "")}}


if __name__ == "__main__":
    sys.exit(main())
