"""``kbld``: flags, output and exit codes as the real one's, for scripts inside images."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pkgops import __version__
from pkgops.errors import PkgopsError, UsageError
from pkgops.oci.environ import add_registry_flags, client_of, is_true
from pkgops.oci.kbld.config import API_VERSION, read_config
from pkgops.oci.kbld.documents import STDIN, described, documents
from pkgops.oci.kbld.resolve import Resolved, dump, images_lock, resolve
from pkgops.oci.reference import ImageRef

if TYPE_CHECKING:
    from pkgops.oci.client import RegistryClient

_SUFFIXES = (".yml", ".yaml", ".json")


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if words[:1] == ["version"]:
        print(f"kbld version {__version__} (pkgops)")
        return 0
    arguments = _parser().parse_args(words[1:] if words[:1] == ["resolve"] else words)
    try:
        _run(arguments)
    except PkgopsError as error:
        print(f"kbld: Error: {error.what}" + (f": {error.why}" if error.why else ""), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"kbld: Error: {error}", file=sys.stderr)
        return 1
    print("Succeeded", file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kbld", description=__doc__, allow_abbrev=False)
    parser.add_argument("-f", "--file", action="append", required=True)
    parser.add_argument("--images-annotation", nargs="?", const="true", default="true", metavar="BOOL")
    parser.add_argument("--build", nargs="?", const="true", default="true", metavar="BOOL")
    parser.add_argument("--sort", nargs="?", const="true", default="true", metavar="BOOL")
    parser.add_argument("--imgpkg-lock-output", type=Path)
    parser.add_argument("--lock-output", type=Path)
    add_registry_flags(parser)
    return parser


def _run(arguments: argparse.Namespace) -> None:
    if arguments.imgpkg_lock_output and arguments.lock_output:
        raise UsageError("Can only output one lock file (--lock-output or --imgpkg-lock-output)")
    config, resources = read_config(_documents(arguments.file))
    registries = _Registries(arguments)
    annotate = is_true(arguments.images_annotation)
    resolved = resolve(resources, config, registries, annotate=annotate, on_line=_log)
    if arguments.imgpkg_lock_output:
        arguments.imgpkg_lock_output.write_text(images_lock(resolved).dump())
    if arguments.lock_output:
        arguments.lock_output.write_text(_overrides(resolved))
    sys.stdout.write(dump(resolved.documents))


class _Registries:
    """A registry client that is created when it is first used."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments

    @cached_property
    def _client(self) -> RegistryClient:
        return client_of(self._arguments, os.environ, "KBLD")

    def digest(self, ref: ImageRef) -> str:
        """Return the digest that a reference has now."""
        return self._client.digest(ref)


def _log(line: str) -> None:
    print(line, file=sys.stderr)


def _documents(names: list[str]) -> Iterator[dict[str, Any]]:
    for name in names:
        for source, text in _texts(name):
            yield from documents(text, source)


def _texts(name: str) -> Iterator[tuple[str, str]]:
    if name == "-":
        yield STDIN, sys.stdin.read()
        return
    path = Path(name)
    if not path.exists():
        raise UsageError(f"Unable to stat file: stat {name}: no such file or directory")
    found = sorted(path.rglob("*")) if path.is_dir() else [path]
    for file in found:
        if file == path or (file.is_file() and file.suffix in _SUFFIXES):
            yield described(str(file)), file.read_text()


def _overrides(resolved: Resolved) -> str:
    overrides = [
        {"image": one.original, "newImage": one.final, "preresolved": True} for one in resolved.images
    ]
    document = {
        "apiVersion": API_VERSION,
        "kind": "Config",
        "minimumRequiredVersion": "0.42.0",
        "overrides": overrides,
    }
    return dump([document])


if __name__ == "__main__":
    sys.exit(main())
