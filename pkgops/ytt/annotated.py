"""Documents that an annotation makes data values or a schema."""

from __future__ import annotations

from pkgops.ytt.errors import YttError
from pkgops.ytt.template.metas import node_annotation
from pkgops.ytt.tree.base import walk
from pkgops.ytt.tree.nodes import Document, DocumentSet


def has_annotated(documents: DocumentSet, annotation: str) -> bool:
    """Whether documents carry an annotation, which nothing else may."""
    found = False
    for node in walk(documents):
        times = [
            comment
            for comment in node.comments
            if node_annotation(comment, node, ignore_unknown=True).name == annotation
        ]
        if times and not isinstance(node, Document):
            where = node.position.compact()
            only = f"only documents (---) can be annotated with @{annotation}"
            raise YttError(f"Found @{annotation} on {node.display} ({where}); {only}")
        if len(times) > 1:
            raise YttError(f"{annotation} annotation may only be used once per document")
        found = found or bool(times)
    return found
