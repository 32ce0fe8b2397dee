"""Overlays among the results of all files, applied to the other ones."""

from __future__ import annotations

from pkgops.ytt.errors import YttError
from pkgops.ytt.library import SourceFile
from pkgops.ytt.overlay.apply import OverlaidDocuments
from pkgops.ytt.overlay.matching import MATCH
from pkgops.ytt.starlark.errors import LimitError, StarlarkError
from pkgops.ytt.tree.nodes import Document, DocumentSet


def overlaid(outputs: list[tuple[SourceFile, DocumentSet]]) -> list[tuple[SourceFile, DocumentSet]]:
    """Return the results that are not overlays, as these leave them.

    Raises:
        YttError: an overlay does not fit, or a limit was passed.
    """
    overlays: list[tuple[SourceFile, Document]] = []
    left: list[tuple[SourceFile, DocumentSet]] = []
    for source, documents in outputs:
        overlays += [(source, d) for d in documents.items if MATCH in d.annotations]
        kept = [d for d in documents.items if MATCH not in d.annotations and not d.is_empty()]
        if kept:
            documents.items = kept
            left.append((source, documents))
    if not overlays:
        return left
    target = OverlaidDocuments([documents for _, documents in left])
    for _, overlay in overlays:
        try:
            target.apply(overlay)
        except StarlarkError as error:
            names = ", ".join(dict.fromkeys(source.file.path for source, _ in overlays))
            raise YttError(f"Overlaying (in following order: {names}): {error.message}") from None
        except LimitError as error:
            raise YttError(str(error)) from None
    return left
