"""kapp's ``--filter`` flags and ``--labels``, read from an App's ``rawOptions``.

Source: kapp's ``pkg/kapp/cmd/tools/resource_filter_flags.go``, ``pkg/kapp/resources/resource_filter.go`` and
``pkg/kapp/cmd/app/label_flags.go``.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pkgops.kapp import ResourceFilter
from pkgops.kube import Obj
from pkgops.platform.carvel.labelselector import selects
from pkgops.platform.durations import parse_duration

Matches = Callable[[Obj, datetime], bool]

_LISTS = {
    "--filter-kind": "kinds",
    "--filter-ns": "namespaces",
    "--filter-name": "names",
    "--filter-kind-name": "kind_names",
    "--filter-kind-ns": "kind_namespaces",
    "--filter-kind-ns-name": "kind_ns_names",
}
FILTERS = frozenset({*_LISTS, "--filter", "--filter-age"})
_FIELDS = {
    "kinds": "kinds",
    "namespaces": "namespaces",
    "names": "names",
    "kindnames": "kind_names",
    "kindnamespaces": "kind_namespaces",
    "kindnsnames": "kind_ns_names",
}
_AGE = (
    "Expected age filter to be either empty or parseable time.Duration "
    "(example: 5m+, 24h-; valid units: ns, us, ms, s, m, h)"
)


class FlagValueError(Exception):
    """kapp rejects the value of a flag; the text is kapp's message where it has one."""


def resource_filter(flags: Iterable[tuple[str, str]]) -> Matches:
    """Return the predicate of the ``--filter`` flags among these: whether a resource is selected.

    Without such flags all resources are.

    Raises:
        FlagValueError: kapp rejects the value of one.
    """
    lists: dict[str, tuple[str, ...]] = {}
    age = document = ""
    for name, value in flags:
        if name in _LISTS:
            lists[_LISTS[name]] = (*lists.get(_LISTS[name], ()), *items(value))
        elif name == "--filter-age":
            age = value
        elif name == "--filter":
            document = value
    plain = ResourceFilter(**lists, **_ages(age))  # type: ignore[arg-type]
    # With ``--filter`` the other flags are ignored.
    return _tree(_parsed(document)) if document else plain


def app_labels(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return the labels in the values of ``--labels``.

    Raises:
        FlagValueError: one is not of the form ``key=value``.
    """
    labels: dict[str, str] = {}
    for item in (item for value in values for item in items(value)):
        key, equals, value = item.partition("=")
        if not equals:
            raise FlagValueError("Expected label to be in 'key=val' format")
        if not key:
            raise FlagValueError("Expected label key to be non-empty")
        labels[key] = value
    return tuple(labels.items())


def items(value: str) -> tuple[str, ...]:
    """Return the items of a flag's value, which commas separate."""
    return tuple(next(csv.reader([value]), ()))


def _ages(text: str) -> dict[str, timedelta]:
    if not text:
        return {}
    try:
        if text[-1] not in "+-":
            raise ValueError(text)
        age = timedelta(seconds=parse_duration(text[:-1]))
    except ValueError as error:
        raise FlagValueError(_AGE) from error
    return {"older_than" if text[-1] == "+" else "younger_than": age}


def _parsed(document: str) -> Any:
    try:
        return json.loads(document)
    except ValueError as error:
        raise FlagValueError(f"--filter is no JSON: {error}") from error


def _tree(document: Any) -> Matches:
    """Return the predicate of a filter document: of its first of ``and``, ``or``, ``not``, ``resource``."""
    parts = _object(document)
    both = [_tree(part) for part in _list(parts.get("and"))]
    if both:
        return lambda obj, now: all(part(obj, now) for part in both)
    either = [_tree(part) for part in _list(parts.get("or"))]
    if either:
        return lambda obj, now: any(part(obj, now) for part in either)
    if parts.get("not") is not None:
        unwanted = _tree(parts["not"])
        return lambda obj, now: not unwanted(obj, now)
    return _resource(parts["resource"]) if parts.get("resource") is not None else lambda *_: False


def _resource(document: Any) -> Matches:
    parts = _object(document)
    lists = {field: tuple(map(str, _list(parts.get(key)))) for key, field in _FIELDS.items()}
    try:
        return ResourceFilter(
            **lists,  # type: ignore[arg-type]
            selectors=tuple(selects(str(text)) for text in _list(parts.get("labels"))),
            created_before=_moment(parts.get("createdatbeforetime")),
            created_after=_moment(parts.get("createdataftertime")),
        )
    except ValueError as error:
        raise FlagValueError(f"--filter: {error}") from error


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise FlagValueError(f"--filter: expected an object, not {json.dumps(value)}")
    # Go's JSON decoder ignores the case of field names.
    return {key.lower(): member for key, member in value.items()}


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise FlagValueError(f"--filter: expected a list, not {json.dumps(value)}")
    return value
