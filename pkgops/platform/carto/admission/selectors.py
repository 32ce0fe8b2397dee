"""Validation of selectors, with the messages of Kubernetes and Cartographer. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from pkgops.kube import Obj
from pkgops.platform.carto.admission.problem import Problem, prefixed
from pkgops.platform.carto.jsonpath_parser import ParseError, parse

_NAME = re.compile(r"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")
_NAME_RULE = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_RULE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
_SET, _EXISTENCE = ("In", "NotIn"), ("Exists", "DoesNotExist")

_OWN_PATHS = {
    "spec.source",
    "spec.source.git",
    "spec.source.git.url",
    "spec.source.git.ref",
    "spec.source.git.ref.branch",
    "spec.source.git.ref.tag",
    "spec.source.git.ref.commit",
    "spec.source.image",
    "spec.source.subPath",
    "spec.serviceAccountName",
}
DELIVERABLE_PATHS = (frozenset(_OWN_PATHS), ("metadata", "spec.params"))
WORKLOAD_PATHS = (
    frozenset({*_OWN_PATHS, "spec.build", "spec.image"}),
    ("metadata", "spec.params", "spec.build.env", "spec.env", "spec.resources", "spec.serviceClaims"),
)
Paths = tuple[Collection[str], tuple[str, ...]]
"""Keys of an owner that a selector may use: exact ones, and prefixes."""


def check_labels(labels: Mapping[str, str]) -> None:
    """Check a map of labels. Raises Problem."""
    for key in sorted(labels):
        _check_key(key)
        _check_value(key, labels[key])


def check_expressions(expressions: Sequence[Obj]) -> None:
    """Check requirements on labels. Raises Problem."""
    for term in expressions:
        operator, values = str(term.get("operator")), term.get("values") or []
        if operator not in (*_SET, *_EXISTENCE):
            raise Problem(f'"{operator}" is not a valid label selector operator')
        _check_key(term["key"])
        if operator in _SET and not values:
            raise Problem("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")
        if operator in _EXISTENCE and values:
            shown = ", ".join(f'"{value}"' for value in values)
            raise Problem(
                f"values: Invalid value: [{shown}]: values set must be empty for exists and does not exist"
            )
        for value in values:
            _check_value(term["key"], value)


def check_fields(fields: Sequence[Obj], paths: Paths) -> None:
    """Check requirements on fields of an owner. Raises Problem."""
    for term in fields:
        _check_operator(str(term.get("operator")), term.get("values") or [])
        _check_path(str(term["key"]), paths)


def check_selector(selector: Obj, paths: Paths) -> None:
    """Check the selector of an option. Raises Problem."""
    labels = selector.get("matchLabels") or {}
    expressions, fields = selector.get("matchExpressions") or [], selector.get("matchFields") or []
    if not (labels or expressions or fields):
        raise Problem("at least one of matchLabels, matchExpressions or MatchFields must be specified")
    with prefixed("matchLabels are not valid: "):
        check_labels(labels)
    with prefixed("matchExpressions are not valid: "):
        check_expressions(expressions)
    check_fields(fields, paths)


def _check_operator(operator: str, values: Sequence[str]) -> None:
    if operator in _EXISTENCE and values:
        raise Problem(f"cannot specify values with operator [{operator}]")
    if operator in _SET and not values:
        raise Problem(f"must specify values with operator [{operator}]")
    if operator not in (*_SET, *_EXISTENCE):
        raise Problem(f"operator [{operator}] is invalid")


def _check_path(key: str, paths: Paths) -> None:
    exact, prefixes = paths
    if key not in exact and not key.startswith(prefixes):
        raise Problem(f"requirement key [{key}] is not a valid path")
    try:
        parse(f".{key}")
    except ParseError as error:
        raise Problem(f"invalid jsonpath for key [{key}]: {error}") from None


def _check_key(key: str) -> None:
    name = key.rpartition("/")[2]
    if not _NAME.match(name) or len(name) > 63:
        raise Problem(f'key: Invalid value: "{key}": {_NAME_RULE}')


def _check_value(key: str, value: str) -> None:
    if value and (not _NAME.match(value) or len(value) > 63):
        raise Problem(f'values[0][{key}]: Invalid value: "{value}": {_VALUE_RULE}')
