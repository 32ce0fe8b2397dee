"""pkgops's own programs for the images: the Python packages and the commands."""

from __future__ import annotations

import importlib.util
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pkgops
from pkgops.local.images.store import content_key
from pkgops.oci.layers import Member, directory, regular, tree

HOME = "opt/pkgops"
PACKAGE = Path(pkgops.__file__).parent
OWN = ("__init__.py", "errors.py", "values.py", "lazy.py", "formats", "oci", "lifecycle")
BORROWED = ("urllib3", "ruamel.yaml", "tomli_w")
RECIPE = "1"

# Debian 12's Python; files compiled by the same version are included, others would not be used.
IMAGE_PYTHON = (3, 11)

COMMANDS = {
    "usr/local/bin/imgpkg": "pkgops.oci.imgpkg.__main__",
    "usr/local/bin/kbld": "pkgops.oci.kbld.__main__",
}
BUILD_COMMANDS = {
    "cnb/process/build-init": "pkgops.lifecycle.prepare",
    "cnb/process/completion": "pkgops.lifecycle.completion",
    "cnb/process/rebase": "pkgops.lifecycle.rebase",
}
PHASES = {
    "cnb/lifecycle/analyzer": "pkgops.lifecycle.analyze",
    "cnb/lifecycle/detector": "pkgops.lifecycle.detect",
    "cnb/lifecycle/restorer": "pkgops.lifecycle.restore",
    "cnb/lifecycle/builder": "pkgops.lifecycle.build",
    "cnb/lifecycle/exporter": "pkgops.lifecycle.export",
}

_COMMAND = """#!/usr/bin/python3 -IS
import sys
sys.path.insert(0, "/{home}/lib")
from {module} import main
sys.exit(main())
"""
# One stream, line by line: the last line of a container's log is then the last one that was written.
_PHASE = _COMMAND.replace(
    "import sys\n", "import os, sys\nos.dup2(1, 2)\nsys.stdout.reconfigure(line_buffering=True)\n"
)


def library(work: Path) -> Iterator[Member]:
    """Yield the Python packages and the commands of the toolbox."""
    lib = work / "lib"
    for name, path in _files():
        target = lib / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
        _compile(target, name)
    yield from tree(lib, f"{HOME}/lib", owner=(0, 0))
    yield from commands(COMMANDS)
    yield from phases(BUILD_COMMANDS)


def phases(names: dict[str, str]) -> Iterator[Member]:
    """Yield the programs of build pods; see :func:`commands`."""
    yield from commands(names, _PHASE)


def commands(names: dict[str, str], template: str = _COMMAND) -> Iterator[Member]:
    """Yield a small program for each path that runs ``main()`` of its module."""
    folders = {str(parent) for path in names for parent in PurePosixPath(path).parents}
    for folder in sorted(folders - {"."}):
        yield directory(folder), None
    for path, module in sorted(names.items()):
        yield regular(path, template.format(home=HOME, module=module).encode(), 0o755)


def describe() -> str:
    """Return a digest of every file and command, for keys."""
    files = [part for name, path in _files() for part in (str(name), path.read_bytes())]
    return content_key(
        RECIPE, str(sys.version_info[:2]), _PHASE, str((COMMANDS, BUILD_COMMANDS, PHASES)), *files
    )


def _files() -> Iterator[tuple[PurePosixPath, Path]]:
    for name in OWN:
        yield from _below(PACKAGE / name, PurePosixPath("pkgops"), PACKAGE)
    for module in BORROWED:
        folder = _location(module)
        root = folder.parents[module.count(".")]
        yield from _below(folder, PurePosixPath(), root)


def _below(path: Path, prefix: PurePosixPath, root: Path) -> Iterator[tuple[PurePosixPath, Path]]:
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in found:
        # A buildpack is a layer of its own: a new one does not change the other images.
        left_out = {"__pycache__", "buildpacks"} & set(file.parts)
        if file.is_file() and file.suffix not in (".pyc", ".so") and not left_out:
            yield prefix / file.relative_to(root).as_posix(), file


def _location(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def _compile(path: Path, name: PurePosixPath) -> None:
    if path.suffix != ".py" or sys.version_info[:2] != IMAGE_PYTHON:
        return
    # By hash and unchecked: no times in the layer, and no check at each start.
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(path), dfile=f"/{HOME}/lib/{name}", doraise=True, invalidation_mode=mode)
