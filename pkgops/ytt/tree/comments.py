"""Which node a comment belongs to."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from pkgops.ytt.tree.base import Comment, Node
from pkgops.ytt.tree.nodes import Document


def assign_comments(document: Document, comments: list[Comment]) -> list[Comment]:
    """Hand every comment to the node on its line, else to the first node below it.

    On its own line that is the last node there, below it the first (outermost) one.

    Returns:
        The comments that no node of this document follows.
    """
    if not comments:
        return []
    at_line: dict[int, list[Node]] = {}
    _collect(document, at_line)
    lines = sorted(at_line)
    left: list[Comment] = []
    for comment in comments:
        line = comment.position.line
        index = bisect_left(lines, line)
        if index == len(lines):
            left.append(comment)
        elif lines[index] == line:
            at_line[line][-1].comments.append(comment)
        else:
            at_line[lines[index]][0].comments.append(comment)
    return left


def _collect(node: Any, at_line: dict[int, list[Node]]) -> None:
    if not isinstance(node, Node):
        return
    if node.position.known:
        at_line.setdefault(node.position.line, []).append(node)
    for child in node.children():
        _collect(child, at_line)
