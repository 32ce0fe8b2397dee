"""The contexts to which running template code adds the nodes that it emits."""

from __future__ import annotations

from typing import Any

from pkgops import values
from pkgops.ytt.convert import to_host
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.values import Value
from pkgops.ytt.tree.base import Annotations, Node, WrongValueError, kind_name
from pkgops.ytt.tree.convert import to_nodes
from pkgops.ytt.tree.keys import node_key
from pkgops.ytt.tree.nodes import Array, ArrayItem, Document, DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import UNKNOWN, Position
from pkgops.ytt.values import YamlFragment, from_host

MAP_KEY_OVERRIDE = "yaml/map-key-override"


class Noop(Value):
    """The value of a node that ``template.replace`` replaced."""

    type_name = "noop"


class Slot(values.Value):
    """A node of the template: its shape, and the tags of the nodes around it, outermost first."""

    tag: int
    node: Node
    ancestors: tuple[int, ...]


class YamlContext:
    """The tree that is being built by a file, or by one call of a function with nodes in it."""

    def __init__(self, slots: list[Slot], *, override_keys: bool) -> None:
        self._slots = slots
        self._override_keys = override_keys
        self._annotations: dict[int, Annotations] = {}
        self._keys: dict[int, Any] = {}
        self._open: list[Node] = []
        self._tags: list[int] = []
        self.root: Node | None = None

    def annotate(self, tag: int, name: str, annotation: Any) -> None:
        """Remember an annotation for the node with this tag, which starts next."""
        self._annotations.setdefault(tag, {})[name] = annotation

    def set_key(self, tag: int, value: Any) -> None:
        """Remember the key for the map item with this tag, which starts next."""
        self._keys[tag] = to_host(value)

    def start(self, slot: Slot) -> None:
        """Begin a node without its value."""
        node = slot.node.shell()
        if node.comments:
            node.comments = []
        pending = self._annotations.pop(slot.tag, None)
        if pending is not None:
            node.annotations = pending
        if slot.tag in self._keys and isinstance(node, MapItem):
            node.key = self._keys.pop(slot.tag)
        self.attach(slot, node)

    def attach(self, slot: Slot, node: Node) -> None:
        """Add a node at the position of its tag, and keep it open."""
        if self.root is None and isinstance(node, (Document, MapItem, ArrayItem)):
            self.start(self._slots[slot.ancestors[-1]])
        if self.root is None:
            self.root = node
        if self._open:
            self._unwind(slot)
            parent = self._open[-1]
            self._prepare(parent, node)
            try:
                parent.add(node)
            except WrongValueError as error:
                raise StarlarkError(str(error)) from None
        self._open.append(node)
        self._tags.append(slot.tag)

    def _unwind(self, slot: Slot) -> None:
        while self._tags and self._tags[-1] not in slot.ancestors:
            self._tags.pop()
            self._open.pop()
        if not self._tags:
            raise StarlarkError("node stands outside of the block that it belongs to")

    def _prepare(self, parent: Node, node: Node) -> None:
        if isinstance(parent, Map) and isinstance(node, MapItem):
            self._override(parent, node, strict=True)

    def _override(self, parent: Map, item: MapItem, *, strict: bool) -> None:
        previous = parent.find(item.key)
        if previous is None:
            return
        if not self._override_keys and strict and MAP_KEY_OVERRIDE not in item.annotations:
            what = f"unless '{MAP_KEY_OVERRIDE}' annotation is added"
            raise StarlarkError(f"expected key '{item.key}' to not be specified again ({what})")
        parent.items = [kept for kept in parent.items if kept is not previous]

    def set_value(self, value: Any) -> None:
        """Set the value of the node that was started last."""
        if isinstance(value, Noop):
            return
        try:
            self._open[-1].set_value(to_host(value))
        except WrongValueError as error:
            raise StarlarkError(str(error)) from None

    def set_plain(self, value: Any) -> None:
        """Set the value of the node that was started last to one from the file."""
        self._open[-1].add(value)

    def result(self) -> Any:
        """The value of the nodes, as a value of the language."""
        return from_host(self.root) if self.root is not None else YamlFragment(None)

    def replace(self, value: Any) -> Noop:
        """Replace the node that was started last by several: the work of ``template.replace``."""
        current = self._open[-1] if self._open else None
        parent = self._open[-2] if len(self._open) > 1 else None
        new = to_host(value)
        if isinstance(current, Document) and isinstance(parent, DocumentSet):
            _exchange(parent, current, _as_documents(new))
        elif isinstance(current, MapItem) and isinstance(parent, Map):
            items, strict = _as_map_items(new, current.position)
            for item in items:
                self._override(parent, item, strict=strict)
            _exchange(parent, current, items)
        elif isinstance(current, ArrayItem) and isinstance(parent, Array):
            _exchange(parent, current, _as_array_items(new, current.position))
        else:
            found = kind_name(current)
            message = f"expected to replace document value, map item or array item, but found {found}"
            raise StarlarkError(message)
        return Noop()


def _exchange(parent: Any, old: Node, new: list[Any]) -> None:
    for index, item in enumerate(parent.items):
        if item is old:
            parent.items = [*parent.items[:index], *new, *parent.items[index + 1 :]]
            return
    raise StarlarkError(f"expected to find placeholder {old.display} in {parent.display}")


def _as_documents(value: Any) -> list[Document]:
    if isinstance(value, DocumentSet):
        return list(value.items)
    if isinstance(value, list):
        return [Document(item, UNKNOWN) for item in value]
    raise StarlarkError(f"expected value to be document set, but was {kind_name(value)}")


def _as_map_items(value: Any, position: Position) -> tuple[list[MapItem], bool]:
    if isinstance(value, Map):
        return list(value.items), True
    if isinstance(value, dict):
        items = [MapItem(node_key(key), to_nodes(item, position), position) for key, item in value.items()]
        return items, False
    raise StarlarkError(f"expected value to be map, but was {kind_name(value)}")


def _as_array_items(value: Any, position: Position) -> list[ArrayItem]:
    if isinstance(value, Array):
        return list(value.items)
    if isinstance(value, list):
        return [ArrayItem(to_nodes(item, position), position) for item in value]
    raise StarlarkError(f"expected value to be array, but was {kind_name(value)}")


class TextContext:
    """The text that is being built."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def add(self, value: Any) -> None:
        """Append a value, which must be a string."""
        if isinstance(value, Noop):
            return
        if not isinstance(value, str):
            kind = _GO_TYPES.get(type(value)) or kind_name(to_host(value))
            what = f"({kind}), consider using str(...) to convert to string"
            raise StarlarkError(f"cannot set non-string value {what}")
        self.parts.append(value)

    def result(self) -> str:
        """The text."""
        return "".join(self.parts)


_GO_TYPES: dict[type, str] = {int: "int64", float: "float64", bool: "bool", type(None): "<nil>"}


class TemplateHost:
    """The contexts of one running template: that of the file, and those of functions being called."""

    def __init__(self, slots: list[Slot], *, override_keys: bool = False) -> None:
        self._slots = slots
        self._override_keys = override_keys
        self.contexts: list[YamlContext | TextContext] = []
        self.root: YamlContext | TextContext | None = None

    def begin(self, dialect: str) -> None:
        """Open a context for the dialect ``yaml`` or ``text``."""
        if dialect == "text":
            context: YamlContext | TextContext = TextContext()
        else:
            context = YamlContext(self._slots, override_keys=self._override_keys)
        self.contexts.append(context)
        if self.root is None:
            self.root = context

    def end(self) -> Any:
        """Close the current context and return its value."""
        return self.contexts.pop().result()

    def discard(self) -> None:
        """Close the current context and discard its nodes."""
        self.contexts.pop()

    @property
    def yaml(self) -> YamlContext:
        """The current context, in which nodes can be emitted."""
        context = self.contexts[-1] if self.contexts else None
        if not isinstance(context, YamlContext):
            raise StarlarkError("unsupported operation")
        return context

    @property
    def text(self) -> TextContext:
        """The current context, in which text can be emitted."""
        context = self.contexts[-1] if self.contexts else None
        if not isinstance(context, TextContext):
            raise StarlarkError("unsupported operation")
        return context
