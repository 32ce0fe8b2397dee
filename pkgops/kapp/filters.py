"""Selection of the resources of a deployment or deletion: kapp's ``--filter`` flags.

Source: kapp's ``pkg/kapp/resources/resource_filter.go`` and ``pkg/kapp/matcher/string.go``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pkgops.kapp.identity import Obj, kind, labels, name, namespace

_GLOBS = ("*", "%")
_NEVER = datetime(1, 1, 1, tzinfo=UTC)

Matches = Callable[[Obj, datetime], bool]
"""Returns whether a resource is selected, at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceFilter:
    """Conditions of a resource; one item of each non-empty list must match.

    Attributes:
        created_before: created at this time or before; a resource that does not exist yet counts as old.
        created_after: created at this time or later.
        older_than: at least so old.
        younger_than: at most so old.
        kinds: kinds; ``*`` or ``%`` at an end matches any text.
        namespaces: namespaces, likewise.
        names: names, likewise.
        kind_names: ``<kind>/<name>``, exactly.
        kind_namespaces: ``<kind>/<namespace>``, exactly.
        kind_ns_names: ``<kind>/<namespace>/<name>``, exactly.
        selectors: of labels.
    """

    created_before: datetime | None = None
    created_after: datetime | None = None
    older_than: timedelta | None = None
    younger_than: timedelta | None = None
    kinds: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kind_names: tuple[str, ...] = ()
    kind_namespaces: tuple[str, ...] = ()
    kind_ns_names: tuple[str, ...] = ()
    selectors: tuple[Callable[[dict[str, str]], bool], ...] = ()

    def __call__(self, obj: Obj, now: datetime) -> bool:
        """Return whether a resource is selected."""
        one, place, called = kind(obj), namespace(obj), name(obj)
        exact = (
            (self.kind_names, f"{one}/{called}"),
            (self.kind_namespaces, f"{one}/{place}"),
            (self.kind_ns_names, f"{one}/{place}/{called}"),
        )
        patterns = ((self.kinds, one), (self.namespaces, place), (self.names, called))
        return (
            self._is_of_age(obj, now)
            and all(not wanted or value in wanted for wanted, value in exact)
            and all(not wanted or any(fits(item, value) for item in wanted) for wanted, value in patterns)
            and (not self.selectors or any(selects(labels(obj)) for selects in self.selectors))
        )

    def _is_of_age(self, obj: Obj, now: datetime) -> bool:
        text = (obj.get("metadata") or {}).get("creationTimestamp")
        created = datetime.fromisoformat(text) if text else _NEVER
        before, after = self.created_before, self.created_after
        before = before if self.older_than is None else now - self.older_than
        after = after if self.younger_than is None else now - self.younger_than
        return (before is None or created <= before) and (after is None or created >= after)


EVERYTHING = ResourceFilter()


def chosen(objects: Iterable[Obj], matches: Matches, now: datetime) -> list[Obj]:
    """Return the selected resources."""
    return [obj for obj in objects if matches(obj, now)]


def fits(expected: str, value: str) -> bool:
    """Return whether a value matches an expected one, which may have wildcards at its ends."""
    starts, ends = expected.startswith(_GLOBS), expected.endswith(_GLOBS)
    if starts and ends:
        return expected[1:-1] in value
    if starts:
        return value.endswith(expected[1:])
    return value.startswith(expected[:-1]) if ends else value == expected
