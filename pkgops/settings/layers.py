"""Nested values in layers, each leaf with its origin; a higher layer wins.

Maps are merged key by key; every other value, lists included, is replaced as a whole. That is how
ytt merges data values files, so that a file has the same effect in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pkgops.values import Value, made

Path = tuple[str, ...]


class Origin(Value):
    """The origin of a value: a kind of source, and the position in it.

    ``source`` is default, local cluster, file, environment, option or derived; ``place`` is, for
    example, ``config.yaml:3:5``, ``PKGOPS_CONTEXT``, ``--context``.
    """

    source: str
    place: str = ""

    def __str__(self) -> str:
        """The position, or the kind of source where it is not known."""
        return self.place or self.source


class Layer(Value):
    """Values of one source, and the origin of each leaf; of a list also those of its items, if known."""

    values: Mapping[str, Any]
    origins: Mapping[Path, Origin]

    @classmethod
    def of(cls, values: Mapping[str, Any], origin: Origin) -> Layer:
        """Return a layer whose leaves all have the same origin."""
        return cls(values, {path: origin for path, _ in leaves(values)})


class Tree(Value):
    """The result of merging layers."""

    values: dict[str, Any] = made(default_factory=dict)
    origins: dict[Path, Origin] = made(default_factory=dict)

    @classmethod
    def merge(cls, layers: list[Layer]) -> Tree:
        """Merge ``layers``, the lowest first."""
        tree = cls()
        for layer in layers:
            _merge(tree.values, layer.values)
            _replace_origins(tree.origins, layer)
        return tree

    def get(self, dotted: str, default: Any = None) -> Any:
        """Return the value at ``a.b.c``, or ``default`` where there is none."""
        node: Any = self.values
        for key in dotted.split("."):
            if not isinstance(node, Mapping) or key not in node:
                return default
            node = node[key]
        return node

    def origin(self, dotted: str) -> Origin:
        """Return the origin of the value at ``a.b.c``."""
        return self.origins.get(tuple(dotted.split(".")), Origin("default"))

    def place(self, path: Path) -> Origin:
        """Return the origin of a path that may lead into a list: its own, or that of the nearest parent."""
        around = (path[:length] for length in range(len(path), 0, -1))
        return next((self.origins[one] for one in around if one in self.origins), Origin("default"))


def leaves(values: Mapping[str, Any], prefix: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every value that is not a map with keys, with its path."""
    for key, value in values.items():
        path = (*prefix, str(key))
        if isinstance(value, Mapping) and value:
            yield from leaves(value, path)
        else:
            yield path, value


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        present = below.get(key)
        if isinstance(present, dict) and isinstance(value, Mapping):
            _merge(present, value)
        else:
            below[key] = _copy(value)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _copy(item) for key, item in value.items()}
    return value


def _replace_origins(origins: dict[Path, Origin], layer: Layer) -> None:
    # The values of a layer do not replace each other, so what is below a path is known before.
    inner = {old[:length] for old in origins for length in range(1, len(old))}
    for path, value in leaves(layer.values):
        above = (path[:length] for length in range(1, len(path)))
        below = (old for old in tuple(origins) if old[: len(path)] == path) if path in inner else ()
        for old in (*above, *below):
            origins.pop(old, None)
        origins[path] = layer.origins[path]
        if isinstance(value, list):
            items = ((one, origin) for one, origin in layer.origins.items() if one[: len(path)] == path)
            origins.update(items)
