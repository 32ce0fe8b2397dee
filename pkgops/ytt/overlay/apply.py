"""Applying an overlay to a tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pkgops.ytt.overlay import actions
from pkgops.ytt.overlay.actions import Assert, Insert, Replace, operation
from pkgops.ytt.overlay.matching import ConditionError, Expectation, Match, child_defaults, find
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.tree.base import AnnotationCall, Collection, Item, Node, WrongValueError, kind_name, walk
from pkgops.ytt.tree.convert import to_nodes
from pkgops.ytt.tree.nodes import Array, ArrayItem, Document, DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import UNKNOWN

_NAMESPACE = "overlay/"


def apply(left: Any, right: Any) -> Any:
    """Apply the overlay ``right`` to ``left``, which is changed, and return the result.

    Args:
        left: a document set, map or array, or plain values; ``right`` the same.

    Raises:
        StarlarkError: the two do not match, or an annotation refuses it.
    """
    tree, overlay = to_nodes(left), to_nodes(right)
    _apply([tree] if isinstance(tree, DocumentSet) else tree, overlay, Expectation(), Way(exact=False))
    remove_annotations(tree)
    return tree


class OverlaidDocuments:
    """Document sets to which overlay documents are applied, one after the other.

    After each overlay only the nodes that it inserted are searched again.
    """

    def __init__(self, left: list[DocumentSet]) -> None:
        self._sets = [to_nodes(documents) for documents in left]
        for documents in self._sets:
            remove_annotations(documents)

    def apply(self, overlay: Document) -> None:
        """Apply one overlay document; the sets are changed.

        Raises:
            StarlarkError: it does not match, or one of its annotations refuses it.
        """
        (item,) = to_nodes(DocumentSet([overlay])).items
        way = Way(exact=False)
        _apply_item(self._sets, item, Expectation(), way)
        for node in way.put:
            remove_annotations(to_nodes(node))


def merge_documents(left: Document, right: Document) -> Document:
    """Merge one document over another, as data values are; returns the result, ``left`` is changed."""
    tree = to_nodes(DocumentSet([left]))
    _apply([tree], to_nodes(DocumentSet([right])), Expectation(), Way(exact=True))
    remove_annotations(tree)
    merged: Document = tree.items[0]
    return merged


def remove_annotations(tree: Any) -> None:
    """Forget the overlay annotations of a tree."""
    for node in walk(tree):
        if node.annotations:
            kept = {k: v for k, v in node.annotations.items() if not k.startswith(_NAMESPACE)}
            node.annotations = kept


def annotate_plain_merge(node: Node) -> None:
    """Annotate plain YAML so that it merges: maps merge, new keys are added, the rest is replaced."""
    yes = {"missing_ok": True}
    annotations = {"overlay/match": AnnotationCall((), yes, UNKNOWN)}
    for child in node.children():
        if isinstance(child, Node) and not isinstance(child, Array):
            annotate_plain_merge(child)
        else:
            annotations["overlay/replace"] = AnnotationCall((), {"or_add": True}, UNKNOWN)
    node.annotations = annotations


class Way:
    """The options of an overlay's application, and the items that it inserted or whose value it changed.

    Attributes:
        exact: whether a document without annotations matches the only document on the left.
        put: the items; they still have the overlay's annotations, and plain values that functions gave.
    """

    def __init__(self, *, exact: bool) -> None:
        self.exact = exact
        self.put: list[Item] = []


def _apply(left: Any, right: Any, defaults: Expectation, way: Way) -> bool:
    """Apply ``right``; returns whether it is a scalar, by which the caller replaces ``left``."""
    if isinstance(right, DocumentSet):
        if not isinstance(left, list):
            raise StarlarkError(f"Expected document set, but was {kind_name(left)}")
        _apply_items(left, right, defaults, way)
    elif isinstance(right, (Map, Array)):
        if type(left) is not type(right):
            raise StarlarkError(f"Expected {right.display}, but was {kind_name(left)}")
        _apply_items([left], right, defaults, way)
    else:
        return True
    return False


def _apply_items(left: list[Any], right: Collection, defaults: Expectation, way: Way) -> None:
    for original in right.items:
        _apply_item(left, original, defaults, way)


def _apply_item(left: list[Any], original: Item, defaults: Expectation, way: Way) -> None:
    item = original.copy()
    try:
        _Operation(left, item, defaults, way).run()
    except ConditionError:
        return
    except StarlarkError as error:
        error.message = f"{_described(item)} on {item.position.sentence()}: {error.message}"
        raise
    except WrongValueError as error:
        message = f"{_described(item)} on {item.position.sentence()}: {error}"
        raise StarlarkError(message) from None


def _described(item: Item) -> str:
    if isinstance(item, MapItem):
        return f"Map item (key '{item.key}')"
    return "Array item" if isinstance(item, ArrayItem) else "Document"


class _Operation:
    """One overlay item, about to act on the containers ``left``."""

    def __init__(self, left: list[Any], item: Any, defaults: Expectation, way: Way) -> None:
        self.left = left
        self.item = item
        self.defaults = defaults
        self.way = way

    def run(self) -> None:
        name = operation(self.item)
        if isinstance(self.item, MapItem) and name in (actions.INSERT, actions.APPEND):
            where = self.item.position.compact()
            only = f"only array items can be annotated with @{name}"
            raise StarlarkError(f"Found @{name} on map item ({where}); {only}")
        self._RUN[name](self)

    def _find(self) -> list[Match]:
        return find(self.left, self.item, self.defaults, exact=self.way.exact)

    def _merge(self) -> None:
        defaults = child_defaults(self.item, self.defaults)
        matches = self._find()
        if not matches and not isinstance(self.item, Document):
            self.left[0].items.append(self._put(self.item))
        for match in matches:
            old = match.item
            if old.value is None or _apply(old.value, self.item.value, defaults, self.way):
                self._give_value(old)

    def _put(self, item: Item) -> Item:
        self.way.put.append(item)
        return item

    def _give_value(self, old: Item) -> None:
        old.set_value(self.item.value)
        self._put(old)
        if not isinstance(old, Document):
            old.position = self.item.position

    def _remove(self) -> None:
        doomed = {id(match.item) for match in self._find()}
        for container in self.left:
            container.items = [item for item in container.items if id(item) not in doomed]

    def _replace(self) -> None:
        replace = Replace.read(self.item)
        matches = self._find()
        for match in matches:
            match.container.items[match.index] = self._new(replace.value.of(match.item))
        if not matches and replace.or_add:
            self.left[0].items.append(self._new(replace.value.of(None)))

    def _new(self, value: Any) -> Item:
        new: Item = self.item.copy()
        new.set_value(value)
        return self._put(new)

    def _insert(self) -> None:
        matched = {id(match.item) for match in self._find()}
        insert = Insert.read(self.item)
        for container in self.left:
            items: list[Any] = []
            for old in container.items:
                if id(old) not in matched:
                    items.append(old)
                    continue
                new = self._new(insert.value.of(old))
                items += [*([new] if insert.before else []), old, *([new] if insert.after else [])]
            container.items = items

    def _append(self) -> None:
        self.left[-1].items.append(self._put(self.item))

    def _assert(self) -> None:
        defaults = child_defaults(self.item, self.defaults)
        check = Assert.read(self.item)
        for match in self._find():
            check.check(match.item)
            _apply(match.item.value, self.item.value, defaults, self.way)

    _RUN: ClassVar[dict[str, Callable[[_Operation], None]]] = {
        actions.MERGE: _merge,
        actions.REMOVE: _remove,
        actions.REPLACE: _replace,
        actions.INSERT: _insert,
        actions.APPEND: _append,
        actions.ASSERT: _assert,
    }
