"""``imgpkg``: flags, output and exit codes as the real one's, for scripts inside images."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops import __version__
from pkgops.errors import PkgopsError, UsageError
from pkgops.oci import bundle as bundles
from pkgops.oci.client import RegistryClient
from pkgops.oci.environ import add_registry_flags, client_of, is_true
from pkgops.oci.imgpkg.copying import copy_to_repo
from pkgops.oci.locks import BundleLock
from pkgops.oci.reference import ImageRef

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]
Run = Callable[[argparse.Namespace, RegistryClient], None]


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        client = client_of(arguments, os.environ, "IMGPKG")
        arguments.run(arguments, client)
    except PkgopsError as error:
        print(f"imgpkg: Error: {error.what}" + (f": {error.why}" if error.why else ""), file=sys.stderr)
        return 1
    except OSError as error:
        print(f"imgpkg: Error: {error}", file=sys.stderr)
        return 1
    if arguments.run in (_push, _pull, _copy):
        print("Succeeded" if arguments.run is _push else "\nSucceeded")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="imgpkg", description=__doc__, allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    _push_parser(commands)
    _pull_parser(commands)
    _copy_parser(commands)
    tag = commands.add_parser("tag", help="tags of a repository").add_subparsers(required=True)
    tags = _command(tag, "list", _tag_list, "ls")
    tags.add_argument("-i", "--image", required=True)
    tags.add_argument("--imgpkg-internal-tags", nargs="?", const="true", default="false")
    _command(commands, "version", _version)
    return parser


def _command(commands: Commands, name: str, run: Run, alias: str = "") -> argparse.ArgumentParser:
    parser = commands.add_parser(name, allow_abbrev=False, aliases=[alias] if alias else [])
    parser.set_defaults(run=run)
    add_registry_flags(parser)
    # Flags for prompts and colours of the real imgpkg: accepted, without effect here.
    parser.add_argument("--yes", "-y", action="store_true")
    parser.add_argument("--tty", nargs="?", const="true")
    return parser


def _push_parser(commands: Commands) -> None:
    push = _command(commands, "push", _push, "ps")
    push.add_argument("-i", "--image")
    push.add_argument("-b", "--bundle")
    push.add_argument("-f", "--file", action="append", required=True, type=Path)
    push.add_argument("--file-exclusion", action="append")
    push.add_argument("--lock-output", type=Path)


def _pull_parser(commands: Commands) -> None:
    pull = _command(commands, "pull", _pull, "pl")
    pull.add_argument("-i", "--image")
    pull.add_argument("-b", "--bundle")
    pull.add_argument("--lock", type=Path)
    pull.add_argument("-o", "--output", required=True, type=Path)


def _copy_parser(commands: Commands) -> None:
    copy = _command(commands, "copy", _copy, "cp")
    copy.add_argument("-i", "--image")
    copy.add_argument("-b", "--bundle")
    copy.add_argument("--to-repo", required=True)
    copy.add_argument("--lock-output", type=Path)


def _push(arguments: argparse.Namespace, client: RegistryClient) -> None:
    text, is_bundle = _one(arguments)
    if arguments.lock_output and not is_bundle:
        raise UsageError("Lock output is not compatible with image, use bundle for lock output")
    ref = ImageRef.parse(text)
    exclude = arguments.file_exclusion or [".git"]
    image = bundles.build_image(arguments.file, bundle=is_bundle, exclude=exclude, on_line=print)
    pushed = bundles.push(client, ref, image)
    if arguments.lock_output:
        arguments.lock_output.write_text(bundles.bundle_lock(ref, pushed).dump())
    print(f"Pushed '{pushed}'")


def _pull(arguments: argparse.Namespace, client: RegistryClient) -> None:
    if arguments.lock:
        lock = BundleLock.parse(arguments.lock.read_text(), str(arguments.lock))
        text, is_bundle = lock.image, True
    else:
        text, is_bundle = _one(arguments)
    pull = bundles.pull_bundle if is_bundle else bundles.pull_image
    pull(client, ImageRef.parse(text), arguments.output, print)


def _copy(arguments: argparse.Namespace, client: RegistryClient) -> None:
    text, is_bundle = _one(arguments)
    copied = copy_to_repo(client, ImageRef.parse(text), ImageRef.parse(arguments.to_repo), is_bundle, print)
    if arguments.lock_output:
        arguments.lock_output.write_text(copied)


def _tag_list(arguments: argparse.Namespace, client: RegistryClient) -> None:
    tags = client.tags(ImageRef.parse(arguments.image))
    if not is_true(arguments.imgpkg_internal_tags):
        tags = [tag for tag in tags if not tag.endswith(".imgpkg")]
    # Without a terminal the real imgpkg prints only the rows, each with its tab.
    if sys.stdout.isatty():
        print("Tags\n\nName")
    for tag in sorted(tags):
        print(tag if sys.stdout.isatty() else f"{tag}\t")


def _version(_arguments: argparse.Namespace, _client: RegistryClient) -> None:
    print(f"imgpkg version {__version__} (pkgops)")


def _one(arguments: argparse.Namespace) -> tuple[str, bool]:
    if bool(arguments.image) == bool(arguments.bundle):
        raise UsageError("Expected either image or bundle reference")
    return (arguments.bundle, True) if arguments.bundle else (arguments.image, False)


if __name__ == "__main__":
    sys.exit(main())
