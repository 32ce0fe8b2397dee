"""Results of ``pkgops ytt`` as files."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pkgops.ytt.errors import YttError

_DANGEROUS = ("/", ".", "./", "")


def _empty(directory: str) -> None:
    if directory in _DANGEROUS:
        listed = "', '".join(_DANGEROUS)
        raise YttError(f"Expected output directory path to not be one of '{listed}'")
    shutil.rmtree(directory, ignore_errors=True)


def write_files(directory: str, files: Sequence[tuple[str, str]], *, empty: bool) -> None:
    """Write results to a directory and report it on standard output.

    Args:
        directory: where to; made if it does not exist.
        files: paths within it, and their contents.
        empty: delete the directory first.

    Raises:
        YttError: a path leads out of the directory, or cannot be written.
    """
    if empty:
        _empty(directory)
    shown = Path(directory)
    root = shown.resolve()
    for name, content in files:
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise YttError(f"Expected output path '{name}' to be within the output directory")
        sys.stdout.write(f"creating: {shown / name}\n")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.write_bytes(content.encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise YttError(f"Writing file '{path}': {error.strerror}") from None
