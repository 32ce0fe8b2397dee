"""The action of an overlay item on its matched nodes, parsed from its annotations."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value
from pkgops.ytt.convert import to_host
from pkgops.ytt.overlay.compare import difference
from pkgops.ytt.overlay.matching import go_name
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.values import Callable_
from pkgops.ytt.tree.base import Item, copy_value
from pkgops.ytt.tree.convert import to_nodes
from pkgops.ytt.values import from_host

MERGE, REMOVE, REPLACE = "overlay/merge", "overlay/remove", "overlay/replace"
INSERT, APPEND, ASSERT = "overlay/insert", "overlay/append", "overlay/assert"
_OPERATIONS = (MERGE, REMOVE, REPLACE, INSERT, APPEND, ASSERT)


def operation(item: Item) -> str:
    """Return the operation that an item is annotated with, merge by default."""
    found = [name for name in _OPERATIONS if name in item.annotations]
    if len(found) > 1:
        raise StarlarkError("Expected to find only one overlay operation")
    return found[0] if found else MERGE


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise StarlarkError(f"expected starlark.Bool, but was {go_name(value)}")
    return value


def _kwargs(item: Item, name: str, known: tuple[str, ...]) -> dict[str, Any]:
    annotation = item.annotations.get(name)
    kwargs = annotation.kwargs if annotation is not None else {}
    for key in kwargs:
        if key not in known:
            raise StarlarkError(f"Unknown '{name}' annotation keyword argument '{key}'")
    return kwargs


def _via(kwargs: dict[str, Any], name: str) -> Callable_ | None:
    via = kwargs.get("via")
    if "via" in kwargs and not isinstance(via, Callable_):
        what = f"to be function, but was {go_name(via)}"
        raise StarlarkError(f"Expected '{name}' annotation keyword argument 'via' {what}")
    return via


class NewValue(Value):
    """Return the replacing value: the item's own, or the result of ``via`` for the old one and it."""

    item: Item
    via: Callable_ | None

    def of(self, old: Item | None) -> Any:
        """Return the new value; ``old`` is the node in that place, if any. Neither is changed."""
        new = copy_value(self.item.value)
        if self.via is None:
            return new
        before = copy_value(old.value) if old is not None else None
        return to_host(call(self.via, (from_host(before), from_host(new)), {}))


class Replace(Value):
    """``overlay/replace``."""

    value: NewValue
    or_add: bool

    @classmethod
    def read(cls, item: Item) -> Replace:
        """Read the annotation of an item."""
        kwargs = _kwargs(item, REPLACE, ("via", "or_add"))
        return cls(NewValue(item, _via(kwargs, REPLACE)), _bool(kwargs.get("or_add", False)))


class Insert(Value):
    """``overlay/insert``."""

    value: NewValue
    before: bool
    after: bool

    @classmethod
    def read(cls, item: Item) -> Insert:
        """Read the annotation of an item."""
        kwargs = _kwargs(item, INSERT, ("before", "after", "via"))
        if not kwargs:
            what = "at least one keyword argument (before=..., after=...)"
            raise StarlarkError(f"Expected '{INSERT}' annotation to have {what}")
        before, after = _bool(kwargs.get("before", False)), _bool(kwargs.get("after", False))
        return cls(NewValue(item, _via(kwargs, INSERT)), before, after)


class Assert(Value):
    """``overlay/assert``."""

    item: Item
    via: Callable_ | None

    @classmethod
    def read(cls, item: Item) -> Assert:
        """Read the annotation of an item."""
        return cls(item, _via(_kwargs(item, ASSERT, ("via",)), ASSERT))

    def check(self, old: Item) -> None:
        """Raise a StarlarkError unless the old value is as expected."""
        before, new = copy_value(old.value), copy_value(self.item.value)
        if self.via is None:
            different = difference(to_nodes(before), to_nodes(new))
            if different:
                raise StarlarkError(f"Expected objects to equal, but did not: {different}")
            return
        self._check_result(call(self.via, (from_host(before), from_host(new)), {}))

    def _check_result(self, result: Any) -> None:
        failed = "Expected via invocation to return true, but was false"
        if result is None or result is True:
            return
        if result is False:
            raise StarlarkError(failed)
        plain = to_host(result)
        if isinstance(plain, list) and len(plain) == 2 and [type(part) for part in plain] == [bool, str]:
            if not plain[0]:
                raise StarlarkError(f"{failed} with message: {plain[1]}")
            return
        what = "NoneType, Bool or Tuple(Bool,String), but returned neither of those"
        raise StarlarkError(f"Expected via invocation to return {what}")
