"""The tree of directories of the input files; a directory ``_ytt_lib`` contains private libraries."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.values import Value
from pkgops.ytt.files import InputFile
from pkgops.ytt.starlark.errors import StarlarkError

_PRIVATE = "_ytt_lib"


class SourceFile(Value, frozen=False, kw_only=True):
    """An input file in its place.

    Attributes:
        file: the file.
        library: the directory that it is in.
        order: position in the order of the input.
        path: relative to the library that is being evaluated.
        for_output: whether its result is printed; evaluation clears it for files with data values.
    """

    file: InputFile
    library: Library
    order: int
    path: str
    for_output: bool


class Library:
    """One directory."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.private = name == _PRIVATE
        self.children: list[Library] = []
        self.files: list[tuple[int, InputFile]] = []

    @classmethod
    def root(cls, files: Sequence[InputFile]) -> Library:
        """Build the tree of all input files."""
        root = cls()
        for order, file in enumerate(files):
            library = root
            for piece in file.path.split("/")[:-1]:
                library = library._child(piece) or library._add(piece)
            library.files.append((order, file))
        return root

    def _child(self, name: str) -> Library | None:
        return next((child for child in self.children if child.name == name), None)

    def _add(self, name: str) -> Library:
        child = Library(name)
        self.children.append(child)
        return child

    def accessible(self, prefix: str = "") -> list[SourceFile]:
        """All files here and below, without those of private libraries."""
        found = [
            SourceFile(file=f, library=self, order=n, path=prefix + f.name, for_output=f.is_for_output())
            for n, f in self.files
        ]
        for child in self.children:
            if not child.private:
                found += child.accessible(f"{prefix}{child.name}/")
        return found

    def find_private(self, path: str) -> Library:
        """Return the private library ``path``, below ``_ytt_lib`` of this directory."""
        library = next((child for child in self.children if child.private), None)
        if library is None:
            raise StarlarkError(f"Could not find private library (directory '{_PRIVATE}' missing?)")
        pieces = path.split("/")
        for number, piece in enumerate(pieces):
            child = library._child(piece)
            here = "/".join(pieces[:number])
            if child is None:
                raise StarlarkError(f"Expected to find library '{path}', but did not find '{here}'")
            if child.private:
                raise StarlarkError(f"Could not load private library '{here}'")
            library = child
        return library

    def find_library(self, path: str) -> Library:
        """Return the directory ``path`` below this one."""
        library = self
        pieces = path.split("/")
        for number, piece in enumerate(pieces):
            child = library._child(piece)
            if child is None:
                raise StarlarkError(f"Did not find '{'/'.join(pieces[:number])}'")
            if child.private:
                raise StarlarkError(f"Encountered private library '{_PRIVATE}'")
            library = child
        return library

    def find_file(self, path: str) -> tuple[InputFile, Library]:
        """Return the file ``path`` below this directory, and the directory that it is in."""
        directory, _, name = path.rpartition("/")
        library = self
        if directory:
            try:
                library = self.find_library(directory)
            except StarlarkError as error:
                what = f"Expected to find file '{path}', but did not"
                raise StarlarkError(f"{what}: {error.message}") from None
        for _, file in library.files:
            if file.name == name:
                return file, library
        hint = "hint: only files included via -f flag are available"
        raise StarlarkError(f"Expected to find file '{path}' ({hint})")


class Place(Value):
    """Where a file is evaluated: its directory, and the root that paths with ``/`` start from."""

    current: Library
    root: Library
