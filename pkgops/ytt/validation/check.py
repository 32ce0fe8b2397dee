"""placeholder"""

from __future__ import annotations
from pkgops.ytt.tree.nodes import Document


def check_values(document: Document) -> str:
    """t."""
    return ""
