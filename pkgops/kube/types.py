"""The types that this package takes and returns: plain JSON objects and a few records."""

from __future__ import annotations

from typing import Any

from pkgops.values import Value

Obj = dict[str, Any]
"""A Kubernetes object as decoded JSON."""


class ObjectList(Value):
    """The response to a list: ``items`` have apiVersion and kind; ``resource_version`` starts a watch."""

    items: list[Obj]
    resource_version: str


class WatchEvent(Value):
    """One watch event; ``type`` is ADDED, MODIFIED, DELETED or BOOKMARK."""

    type: str
    object: Obj


class Resource(Value, kw_only=True):
    """A kind as discovery lists it: its plural, scope, verbs and subresources."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The API group; empty for core."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str = "", name: str = "", subresource: str = "") -> str:
        """Return the URL path of the collection, of one object, or of a subresource."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        parts = [root]
        if self.namespaced and namespace:
            parts += ["namespaces", namespace]
        parts += [part for part in (self.plural, name, subresource) if part]
        return "/".join(parts)
