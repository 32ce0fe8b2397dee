"""The ``gates`` of an environment as they are written; types and values are validated elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pkgops.errors import UsageError
from pkgops.settings.layers import Path, Tree
from pkgops.values import Value

KEY = "gates"
OPTIONS = ("name", "overridable", "rollback")
"""The options of any gate, in addition to the key that is its type."""


class GateSetting(Value, kw_only=True):
    """One gate of an environment.

    Attributes:
        type: its type, not validated yet.
        value: its value in the configuration.
        name: its name in commands; its type where it has no name.
        overridable: whether it may be overridden.
        rollback: whether it is evaluated before a rollback too.
        place: its position in the configuration.
    """

    type: str
    value: Any
    name: str
    overridable: bool
    rollback: bool
    place: str

    def __hash__(self) -> int:
        """Hash by position: the value may be a list."""
        return hash((self.type, self.name, self.place))


def read(items: Any, path: Path, tree: Tree) -> Iterator[GateSetting]:
    """Yield the gates at a path.

    Raises:
        UsageError: no list; or one has no type, several, a name that is taken, or an option of another type.
    """
    if not isinstance(items, list):
        raise bad(str(tree.place(path)), "gates must be a list")
    names: set[str] = set()
    for index, item in enumerate(items):
        gate = _gate(item, (*path, str(index)), tree)
        if gate.name in names:
            raise bad(gate.place, f"there are two gates {gate.name}: give one of them another name")
        names.add(gate.name)
        yield gate


def _gate(item: Any, path: Path, tree: Tree) -> GateSetting:
    if isinstance(item, str):
        item = {item: None}
    if not isinstance(item, Mapping):
        raise bad(str(tree.place(path)), f"{item!r} is not a gate")
    types = [key for key in item if key not in OPTIONS]
    if len(types) != 1:
        given = " and ".join(types) or "none"
        raise bad(str(tree.place(path)), f"a gate has one type, here are: {given}")
    return GateSetting(
        type=types[0],
        value=item[types[0]],
        name=str(item.get("name") or types[0]),
        overridable=_flag(item, "overridable", path, tree, default=True),
        rollback=_flag(item, "rollback", path, tree, default=False),
        place=str(tree.place((*path, types[0]))),
    )


def _flag(item: Mapping[str, Any], key: str, path: Path, tree: Tree, *, default: bool) -> bool:
    value = item.get(key, default)
    if not isinstance(value, bool):
        raise bad(str(tree.place((*path, key))), f"{key} must be true or false")
    return value


def bad(place: str, problem: str, next: str = "") -> UsageError:
    """Return the error of a gate that cannot be read."""
    return UsageError(
        f"{place}: {problem}",
        next=next or "write gates as in [{soak: 30m}, {approval: {by: [jane], count: 1}}]",
        slug="bad-gate",
    )
