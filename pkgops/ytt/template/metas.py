"""The meaning of a node's comments: code before it, its value, its annotations."""

from __future__ import annotations

from pkgops.values import Value, made
from pkgops.ytt.tree.base import Comment, Node
from pkgops.ytt.tree.position import Position

CODE = "template/code"
VALUE = "template/value"
COMMENT = "comment"
_ENDING = {"if/end": "if", "else/end": "else", "elif/end": "elif", "for/end": "for", "def/end": "def"}


class TemplateError(ValueError):
    """A template is malformed; the message names the line."""


class Annotation(Value):
    """A comment taken apart.

    Attributes:
        name: the text before the first space, for example ``overlay/match``.
        content: the text after it: arguments, or code.
        position: of the comment.
    """

    name: str
    content: str
    position: Position


class Metas(Value, frozen=False):
    """The comments of one node, by kind.

    Attributes:
        block: code to run before the node.
        values: code whose value becomes the value of the node.
        annotations: everything else.
        ends: how many blocks end after the node, opened by ``if/end`` and its relatives.
    """

    block: list[Annotation] = made(default_factory=list)
    values: list[Annotation] = made(default_factory=list)
    annotations: list[Annotation] = made(default_factory=list)
    ends: int = 0


def parse_comment(text: str, position: Position, *, ignore_unknown: bool) -> Annotation:
    """Take a comment apart.

    Raises:
        TemplateError: it is neither ``#!`` nor ``#@``, and unknown comments are not ignored.
    """
    if text[:1] == "!":
        return Annotation(COMMENT, text[1:], position)
    if text[:1] == "@":
        name, _, content = text[1:].partition(" ")
        return Annotation(name, content, position)
    if ignore_unknown:
        return Annotation(COMMENT, text, position)
    hint = "use '#@' for annotations or code, '#!' for comments"
    raise TemplateError(f"Expected ytt-formatted string ({hint})")


def node_annotation(comment: Comment, node: Node, *, ignore_unknown: bool) -> Annotation:
    """Take a comment of a node apart; one without a name is a value on its line, code elsewhere."""
    try:
        annotation = parse_comment(comment.text, comment.position, ignore_unknown=ignore_unknown)
    except TemplateError as error:
        line = comment.position.line or "?"
        raise TemplateError(f"Failed to parse line {line}: '#{comment.text}': {error}") from None
    if annotation.name:
        return annotation
    same_line = node.position.known and comment.position.line == node.position.line
    return Annotation(VALUE if same_line else CODE, annotation.content, annotation.position)


def extract_metas(node: Node, *, ignore_unknown: bool) -> Metas:
    """Sort the comments of a node.

    Raises:
        TemplateError: a comment is malformed or not allowed at its position.
    """
    metas = Metas()
    for comment in node.comments:
        annotation = node_annotation(comment, node, ignore_unknown=ignore_unknown)
        if annotation.name == VALUE:
            _add_value(metas, node, annotation)
        elif annotation.name == CODE:
            _add_code(metas, annotation)
        elif annotation.name != COMMENT:
            metas.annotations.append(annotation)
    return metas


def _add_value(metas: Metas, node: Node, found: Annotation) -> None:
    values = node.children()
    if values and values[0] is not None:
        what = "to have either computed or YAML value, but found both"
        raise TemplateError(f"Expected YAML node at {found.position.sentence()} {what}")
    metas.values.append(found)


def _add_code(metas: Metas, found: Annotation) -> None:
    if metas.ends:
        what = "after use of '*/end', expected YAML node"
        raise TemplateError(f"Unexpected code at {found.position.sentence()} {what}")
    code = found.content.lstrip()
    space = found.content[: len(found.content) - len(code)]
    for keyword, plain in _ENDING.items():
        if code.startswith(keyword):
            metas.ends += 1
            code = plain + code[len(keyword) :]
            break
    metas.block.append(Annotation(CODE, space + code, found.position))


def has_templating(node: Node) -> bool:
    """Whether a node or anything below it has a comment that is more than a comment."""
    for comment in node.comments:
        if comment.text[:1] == "@" and comment.text[1:].partition(" ")[0] != COMMENT:
            return True
    return any(isinstance(child, Node) and has_templating(child) for child in node.children())
