"""Resource matchers of kapp's configuration, as predicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pkgops.kapp import fields
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj, annotations_of, group, kind, name, namespace

Matcher = Callable[[Obj], bool]

# Built-in groups of the API server; every other group is of custom resources.
_BUILT_IN = frozenset({"", "apps", "batch", "autoscaling", "policy", "extensions"})


def is_custom_resource(obj: Obj) -> bool:
    """Return whether an object's kind is defined by a CustomResourceDefinition, by its group."""
    found = group(obj)
    return found not in _BUILT_IN and not found.endswith(".k8s.io")


def any_of(raw: Any) -> Matcher:
    """Return a predicate that is true where one of the listed matchers is.

    Raises:
        KappError: an unknown matcher.
    """
    matchers = [matcher(item) for item in raw or []]
    return lambda obj: any(match(obj) for match in matchers)


def matcher(raw: Mapping[str, Any]) -> Matcher:
    """Return the predicate of one matcher document, for example ``{allMatcher: {}}``.

    Raises:
        KappError: an unknown matcher.
    """
    for key, value in raw.items():
        build = _BUILDERS.get(key)
        if build is not None:
            return build(value or {})
    raise KappError(f"Unknown resource matcher specified: {dict(raw)!r}")


def _all(_: Any) -> Matcher:
    return lambda _obj: True


def _and(raw: Any) -> Matcher:
    matchers = [matcher(item) for item in raw.get("matchers") or []]
    return lambda obj: all(match(obj) for match in matchers)


def _any(raw: Any) -> Matcher:
    return any_of(raw.get("matchers"))


def _not(raw: Any) -> Matcher:
    inner = matcher(raw["matcher"])
    return lambda obj: not inner(obj)


def _group_kind(raw: Any) -> Matcher:
    return lambda obj: group(obj) == raw.get("apiGroup", "") and kind(obj) == raw.get("kind")


def _version_kind(raw: Any) -> Matcher:
    return lambda obj: obj.get("apiVersion") == raw.get("apiVersion") and kind(obj) == raw.get("kind")


def _kind_name(raw: Any) -> Matcher:
    wanted = (raw.get("kind"), raw.get("namespace", ""), raw.get("name"))
    return lambda obj: (kind(obj), namespace(obj), name(obj)) == wanted


def _has_annotation(raw: Any) -> Matcher:
    keys = list(raw.get("keys") or [])
    return lambda obj: all(key in annotations_of(obj) for key in keys)


def _has_namespace(raw: Any) -> Matcher:
    names = list(raw.get("names") or [])
    return lambda obj: bool(namespace(obj)) and (not names or namespace(obj) in names)


def _custom(_: Any) -> Matcher:
    return is_custom_resource


def _empty_field(raw: Any) -> Matcher:
    path = fields.parse_path(raw.get("path"))
    return lambda obj: (
        not any(fields.has(obj, place) and fields.lookup(obj, place) for place in fields.concrete(obj, path))
    )


_BUILDERS: Mapping[str, Callable[[Any], Matcher]] = {
    "allMatcher": _all,
    "andMatcher": _and,
    "anyMatcher": _any,
    "notMatcher": _not,
    "apiGroupKindMatcher": _group_kind,
    "apiVersionKindMatcher": _version_kind,
    "kindNamespaceNameMatcher": _kind_name,
    "hasAnnotationMatcher": _has_annotation,
    "hasNamespaceMatcher": _has_namespace,
    "customResourceMatcher": _custom,
    "emptyFieldMatcher": _empty_field,
}
