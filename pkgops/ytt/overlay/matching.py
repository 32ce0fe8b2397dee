"""Which nodes an overlay item matches, and how many it must."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value, replace
from pkgops.ytt.overlay.matchers import map_key_matcher
from pkgops.ytt.starlark.data import List
from pkgops.ytt.starlark.errors import StarlarkError
from pkgops.ytt.starlark.function import call
from pkgops.ytt.starlark.values import Callable_, type_name
from pkgops.ytt.tree.base import Collection, Item
from pkgops.ytt.tree.keys import same_key
from pkgops.ytt.tree.nodes import Document, DocumentSet, Map, MapItem
from pkgops.ytt.tree.position import Position
from pkgops.ytt.values import from_host

MATCH = "overlay/match"
CHILD_DEFAULTS = "overlay/match-child-defaults"
_GO_NAMES = {
    "int": "starlark.Int", "string": "starlark.String", "bool": "starlark.Bool", "float": "starlark.Float",
    "NoneType": "starlark.NoneType", "list": "*starlark.List", "dict": "*starlark.Dict",
    "tuple": "starlark.Tuple", "function": "*starlark.Function",
    "builtin_function_or_method": "*starlark.Builtin",
}  # fmt: skip


def go_name(value: Any) -> str:
    """Return the name that ytt's messages use for the type of a value."""
    name = type_name(value)
    return _GO_NAMES.get(name, name)


class ConditionError(StarlarkError):
    """The number of matches does not meet ``when``: the item is skipped."""


class Expectation(Value):
    """How many nodes must match; None where it is not set."""

    expects: Any = None
    missing_ok: Any = None
    when: Any = None

    def or_else(self, defaults: Expectation) -> Expectation:
        """Return it with defaults for the unset values."""
        return Expectation(
            defaults.expects if self.expects is None else self.expects,
            defaults.missing_ok if self.missing_ok is None else self.missing_ok,
            defaults.when if self.when is None else self.when,
        )

    def check(self, found: list[Position]) -> None:
        """Raise a StarlarkError unless the number of matches is acceptable."""
        given = [name for name in ("missing_ok", "expects", "when") if getattr(self, name) is not None]
        if len(given) > 1:
            first, second = ("when", "expects") if given == ["expects", "when"] else given[:2]
            raise StarlarkError(f"Expected only one of keyword arguments ('{first}', '{second}') specified")
        if self.missing_ok is not None:
            if type(self.missing_ok) is not bool:
                raise StarlarkError("Expected keyword argument 'missing_ok' to be a boolean")
            self._check(List([0, 1]) if self.missing_ok else 1, "missing_ok", found)
        elif given:
            self._check(getattr(self, given[0]), given[0], found)
        else:
            self._check(1, "", found)

    def _check(self, wanted: Any, name: str, found: list[Position]) -> None:
        if type(wanted) is int:
            if wanted != len(found):
                self._mismatch(f"to be {wanted}", found)
        elif type(wanted) is str:
            self._check_text(wanted, found)
        elif isinstance(wanted, List):
            self._check_list(wanted, name, found)
        elif isinstance(wanted, Callable_):
            self._check_function(wanted, name, found)
        else:
            what = f"to be either int, string or function, but was {go_name(wanted)}"
            raise StarlarkError(f"Expected '{MATCH}' annotation keyword argument '{name}' {what}")

    def _check_text(self, wanted: str, found: list[Position]) -> None:
        number = wanted.removesuffix("+")
        if number == wanted or not number.lstrip("+-").isdigit():
            raise StarlarkError(f"Expected '{wanted}' to be in format 'i+' where i is an integer")
        if len(found) < int(number):
            self._mismatch(f"to be >= {int(number)}", found)

    def _check_list(self, wanted: List, name: str, found: list[Position]) -> None:
        last: StarlarkError | None = None
        for one in wanted.items:
            try:
                self._check(one, name, found)
            except StarlarkError as error:
                last = error
            else:
                return
        if last is not None:
            raise last

    def _check_function(self, wanted: Callable_, name: str, found: list[Position]) -> None:
        result = call(wanted, (len(found),), {})
        if type(result) is not bool:
            what = "to have a function that returns a boolean"
            raise StarlarkError(f"Expected keyword argument '{name}' {what}")
        if not result:
            self._raise("Expectation of number of matched nodes failed")

    def _mismatch(self, wanted: str, found: list[Position]) -> None:
        lines = ", ".join(sorted(position.compact() for position in found))
        where = f" (lines: {lines})" if lines else ""
        self._raise(f"Expected number of matched nodes {wanted}, but was {len(found)}{where}")

    def _raise(self, message: str) -> None:
        raise (StarlarkError if self.when is None else ConditionError)(message)


def child_defaults(item: Item, inherited: Expectation) -> Expectation:
    """Return the default expectation of the children of ``item``."""
    found = item.annotations.get(CHILD_DEFAULTS)
    own = Expectation() if found is None else _expectation(found.kwargs, CHILD_DEFAULTS)
    return own.or_else(inherited)


def _expectation(kwargs: dict[str, Any], annotation: str) -> Expectation:
    result = Expectation()
    for name, value in kwargs.items():
        if name == "by" and annotation == MATCH:
            continue
        if name not in ("expects", "missing_ok", "when"):
            raise StarlarkError(f"Unknown '{annotation}' annotation keyword argument '{name}'")
        result = replace(result, **{name: value})
    return result


class Match(Value):
    """A node on the left that an overlay item matched."""

    container: Collection
    index: int

    @property
    def item(self) -> Any:
        """The node."""
        return self.container.items[self.index]


def find(left: list[Any], item: Item, defaults: Expectation, *, exact: bool) -> list[Match]:
    """Return the nodes that an overlay item matches.

    Args:
        left: the map, the array, or the document sets to search.
        item: the overlay item.
        defaults: of the expectation, from the nodes around it.
        exact: whether a document without annotations matches the only document on the left.

    Raises:
        ConditionError: the item is conditional and its condition is not met.
        StarlarkError: too many or too few match, or the annotation is malformed.
    """
    annotation = item.annotations.get(MATCH)
    if not isinstance(item, (MapItem, Document)) and annotation is None:
        Expectation(expects=0).check([])
        return []
    kwargs = annotation.kwargs if annotation is not None else {}
    needs = annotation is not None if isinstance(item, MapItem) else not exact
    if needs and not kwargs and not isinstance(item, MapItem):
        what = "at least one keyword argument (by=..., expects=...)"
        raise StarlarkError(f"Expected '{MATCH}' annotation to have {what}")
    expectation = _expectation(kwargs, MATCH).or_else(defaults)
    matches = _matches(left, item, kwargs.get("by"), exact=exact)
    expectation.check([match.item.position for match in matches])
    return matches


def _matches(left: list[Any], item: Item, matcher: Any, *, exact: bool) -> list[Match]:
    if exact and isinstance(item, Document):
        if len(left) != 1 or len(left[0].items) != 1:
            what = "exactly one left document when merging exactly two documents"
            raise StarlarkError(f"Expected to find {what}")
        return [Match(left[0], 0)]
    if matcher is None and isinstance(item, MapItem):
        (only,) = left
        return [Match(only, i) for i, old in enumerate(only.items) if same_key(old.key, item.key)]
    return _matches_by(left, item, _matcher(item, matcher))


def _matcher(item: Item, matcher: Any) -> Callable_:
    if matcher is None:
        blank = " " if isinstance(item, Document) else ""
        raise StarlarkError(f"Expected '{MATCH}' annotation keyword argument 'by'{blank} to be specified")
    if type(matcher) is str and not isinstance(item, Document):
        return map_key_matcher(matcher)
    if not isinstance(matcher, Callable_):
        kinds = "function" if isinstance(item, Document) else "either string (for map key) or function"
        what = f"to be {kinds}, but was {go_name(matcher)}"
        raise StarlarkError(f"Expected '{MATCH}' annotation keyword argument 'by' {what}")
    return matcher


def _matches_by(left: list[Any], item: Item, matcher: Callable_) -> list[Match]:
    matches: list[Match] = []
    new = from_host(item.value)
    number = 0
    for container in left:
        for index, old in enumerate(container.items):
            key = from_host(old.key) if isinstance(container, Map) else number
            result = call(matcher, (key, from_host(old.value), new), {})
            if type(result) is not bool:
                raise StarlarkError(f"expected starlark.Bool, but was {go_name(result)}")
            if result:
                matches.append(Match(container, index))
            number += 1
    return matches


__all__ = ["ConditionError", "DocumentSet", "Expectation", "Match", "child_defaults", "find", "go_name"]
