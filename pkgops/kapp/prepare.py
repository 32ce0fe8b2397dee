"""Preparation of resources before they are compared: namespaces, uniqueness, known kinds."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import (
    NONCE,
    Obj,
    annotations_of,
    description,
    group,
    kind,
    name,
    namespace,
    unique_key,
)


@dataclass(frozen=True, slots=True)
class Namespacing:
    """The namespaces of resources.

    Attributes:
        default: for namespaced resources without a namespace.
        into: for all namespaced resources, where not empty (``--into-ns``).
        mapped: from a namespace to another one (``--map-ns``).
    """

    default: str
    into: str = ""
    mapped: Mapping[str, str] = field(default_factory=dict)

    def place(self, obj: Obj) -> str:
        """The namespace of a namespaced resource."""
        own = namespace(obj) or self.default
        return self.into or self.mapped.get(own, own)


def prepared(
    objects: Iterable[Obj], spaces: Namespacing, namespaced: Callable[[Obj], bool | None]
) -> list[Obj]:
    """Return resources with their namespaces, each once.

    Args:
        objects: what to deploy.
        spaces: the namespaces.
        namespaced: returns whether a resource's kind is namespaced; None if the cluster does not serve it.

    Raises:
        KappError: a kind is neither served nor defined by the input, something has no name, or one resource
            occurs twice.
    """
    found = list(objects)
    defined = {key: scope for obj in found for key, scope in _definitions(obj)}
    return unique([_placed(obj, spaces, _scope(obj, namespaced, defined)) for obj in found])


def with_nonces(objects: Iterable[Obj], nonce: str) -> list[Obj]:
    """Return resources with the nonce annotation set, so that each deployment changes them.

    Raises:
        KappError: the annotation has a value already.
    """
    return [_with_nonce(obj, nonce) for obj in objects]


def _with_nonce(obj: Obj, nonce: str) -> Obj:
    value = annotations_of(obj).get(NONCE)
    if value is None:
        return obj
    if value:
        raise KappError(f"Expected annotation '{NONCE}' on resource '{description(obj)}' to have value ''")
    result = copy.deepcopy(obj)
    result["metadata"]["annotations"][NONCE] = nonce
    return result


def _definitions(obj: Obj) -> Iterable[tuple[tuple[str, str], bool]]:
    if kind(obj) != "CustomResourceDefinition":
        return
    spec = obj.get("spec") or {}
    key = (str(spec.get("group")), str((spec.get("names") or {}).get("kind")))
    yield key, spec.get("scope") == "Namespaced"


def _scope(
    obj: Obj, namespaced: Callable[[Obj], bool | None], defined: Mapping[tuple[str, str], bool]
) -> bool:
    if not obj.get("apiVersion") or not kind(obj) or not name(obj):
        what = f"{obj.get('apiVersion', '')}/{kind(obj)}"
        raise KappError(f"Validation errors: expected resource '{what}' to have apiVersion, kind and name")
    served = namespaced(obj)
    scope = served if served is not None else defined.get((group(obj), kind(obj)))
    if scope is None:
        raise KappError(
            f"Expected to find kind '{obj['apiVersion']}/{kind(obj)}', but did not:\n"
            "- Kubernetes API server did not have matching apiVersion + kind\n"
            "- No matching CRD was found in given configuration"
        )
    return scope


def _placed(obj: Obj, spaces: Namespacing, scope: bool) -> Obj:
    result = copy.deepcopy(obj)
    if scope:
        result["metadata"]["namespace"] = spaces.place(obj)
    else:
        result["metadata"].pop("namespace", None)
    return result


def unique(objects: Iterable[Obj]) -> list[Obj]:
    """Return resources without exact repetitions.

    Raises:
        KappError: one resource occurs twice with different content.
    """
    kept: dict[str, Obj] = {}
    problems = [
        f"- Found resource '{description(obj)}' multiple times with different content"
        for obj in objects
        if kept.setdefault(unique_key(obj), obj) != obj
    ]
    if problems:
        raise KappError("\n".join(["Uniqueness errors:", *problems]))
    return list(kept.values())
