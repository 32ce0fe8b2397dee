"""From a YAML document set to code whose instructions rebuild it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pkgops.ytt.starlark.compile_stmt import Step
from pkgops.ytt.template.code import Code, SourceLine
from pkgops.ytt.template.compiled import CompiledTemplate
from pkgops.ytt.template.contexts import Slot, TemplateHost
from pkgops.ytt.template.metas import Annotation, Metas, TemplateError, extract_metas
from pkgops.ytt.template.text_compiler import compile_inline
from pkgops.ytt.template.text_parser import parse_text
from pkgops.ytt.tree.base import AnnotationCall, Node
from pkgops.ytt.tree.nodes import DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import Position

TEXT_TEMPLATED_STRINGS = "yaml/text-templated-strings"


def compile_yaml(
    name: str, documents: DocumentSet, *, ignore_unknown_comments: bool = False, override_keys: bool = False
) -> CompiledTemplate:
    """Compile a template.

    Args:
        name: of the file, for messages.
        documents: as read, with comments.
        ignore_unknown_comments: take comments that are neither ``#@`` nor ``#!`` for comments.
        override_keys: let later map items silently replace earlier ones with the same key.

    Raises:
        TemplateError: a comment is malformed or not allowed at its position.
    """
    compiler = _YamlCompiler(name, documents, ignore_unknown_comments=ignore_unknown_comments)
    compiler.node(documents, (), text=False)
    return CompiledTemplate(name, compiler.code, compiler.slots, "yaml", override_keys=override_keys)


class _YamlCompiler:
    def __init__(self, name: str, documents: DocumentSet, *, ignore_unknown_comments: bool) -> None:
        self.name = name
        self.lines = [line.rstrip("\r") for line in documents.source.split("\n")]
        self.ignore_unknown = ignore_unknown_comments
        self.code = Code()
        self.slots: list[Slot] = []
        self.dynamic: set[int] = set()
        _find_dynamic(documents, self.dynamic, ignore_unknown=ignore_unknown_comments)
        self.code.step(Step(lambda host, args, kwargs: None, dialect="yaml"), None)

    def node(self, node: Node, ancestors: tuple[int, ...], *, text: bool) -> None:
        """Add the code of a node and all below it."""
        metas = extract_metas(node, ignore_unknown=self.ignore_unknown)
        slot = self._slot(node, ancestors)
        has_code = bool(metas.block or metas.values or metas.annotations)
        if not text and not has_code and id(node) not in self.dynamic:
            self.code.step(Step(_emit_copy(slot), emits=True), self._source(node.position))
            return
        text = text or any(found.name == TEXT_TEMPLATED_STRINGS for found in metas.annotations)
        for block in metas.block:
            self.code.add(block.content, self._source(block.position))
        for annotation in metas.annotations:
            self._annotation(slot, annotation)
        if text and isinstance(node, MapItem) and isinstance(node.key, str):
            self._text(node.key, node, lambda host, value: host.yaml.set_key(slot.tag, value))
        self.code.step(Step(_start(slot), emits=True), self._source(node.position))
        self._content(node, slot, metas, text=text)
        for _ in range(metas.ends):
            self.code.add("end", None)

    def _slot(self, node: Node, ancestors: tuple[int, ...]) -> Slot:
        slot = Slot(len(self.slots), node, ancestors)
        self.slots.append(slot)
        return slot

    def _content(self, node: Node, slot: Slot, metas: Metas, *, text: bool) -> None:
        for value in metas.values:
            step = Step(_set_value, emits=True)
            self.code.step(step, self._source(value.position), f"({value.content})")
        if metas.values:
            return
        for child in node.children():
            if isinstance(child, Node):
                self.node(child, (*slot.ancestors, slot.tag), text=text)
            elif text and isinstance(child, str):
                self._text(child, node, lambda host, value: host.yaml.set_value(value))
            else:
                self.code.step(Step(_set_plain(child), emits=True), self._source(node.position))

    def _annotation(self, slot: Slot, found: Annotation) -> None:
        def run(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            host.yaml.annotate(slot.tag, found.name, AnnotationCall(args, kwargs, found.position))

        self.code.step(Step(run), self._source(found.position), found.content)

    def _text(self, value: str, node: Node, finish: Callable[[TemplateHost, str], None]) -> None:
        if "(@" not in value and "@)" not in value:

            def run(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
                finish(host, value)

            self.code.step(Step(lambda host, args, kwargs: None), None)
            self.code.step(Step(run, emits=True), self._source(node.position))
            return
        parts = parse_text(value, Position(self.name, node.position.line or 1))

        def end(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            result = host.end()
            finish(host, result)

        compile_inline(self.code, parts, self._selection)
        self.code.step(Step(end, emits=True, dialect="yaml"), self._source(node.position))

    def _selection(self, position: Position, content: str) -> SourceLine | None:
        return None if self._source(position) is None else SourceLine(position, content)

    def _source(self, position: Position) -> SourceLine | None:
        if not position.known or position.line > len(self.lines):
            return None
        return SourceLine(position, self.lines[position.line - 1])


def _find_dynamic(node: Node, found: set[int], *, ignore_unknown: bool) -> bool:
    """Add the ids of nodes with code or duplicate keys; returns whether this one is or contains code."""
    dynamic = isinstance(node, Map) and len({(type(i.key), i.key) for i in node.items}) < len(node.items)
    for child in node.children():
        if isinstance(child, Node) and _find_dynamic(child, found, ignore_unknown=ignore_unknown):
            dynamic = True
    if dynamic:
        found.add(id(node))
    return dynamic or _speaks(node, ignore_unknown)


def _speaks(node: Node, ignore_unknown: bool) -> bool:
    if not node.comments:
        return False
    if ignore_unknown:
        return any(comment.text[:1] == "@" for comment in node.comments)
    return any(comment.text[:1] != "!" for comment in node.comments)


def _emit_copy(slot: Slot) -> Callable[[TemplateHost, tuple[Any, ...], dict[str, Any]], None]:
    def run(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        host.yaml.attach(slot, slot.node.copy())

    return run


def _start(slot: Slot) -> Callable[[TemplateHost, tuple[Any, ...], dict[str, Any]], None]:
    def run(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        host.yaml.start(slot)

    return run


def _set_value(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    host.yaml.set_value(args[0])


def _set_plain(value: Any) -> Callable[[TemplateHost, tuple[Any, ...], dict[str, Any]], None]:
    def run(host: TemplateHost, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        host.yaml.set_plain(value)

    return run


__all__ = ["TEXT_TEMPLATED_STRINGS", "TemplateError", "compile_yaml"]
