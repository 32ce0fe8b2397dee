"""Writing the objects of a cluster: create, update, patch, server-side apply and delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pkgops.kube.errors import NotFound
from pkgops.kube.reading import Reader, object_of
from pkgops.kube.types import Obj, Resource

PatchType = Literal["merge", "json", "strategic"]
_PATCH_TYPES: Mapping[str, str] = {
    "merge": "application/merge-patch+json",
    "json": "application/json-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}


class Writer(Reader):
    """The verbs that change an object, in addition to those that read."""

    def create(self, obj: Obj, *, dry_run: bool = False, manager: str = "") -> Obj:
        """Create an object; ``manager`` is the name under which the server records its fields.

        Raises:
            AlreadyExists: one of that name exists.
        """
        path = self._resource_of(obj).path(_namespace(obj))
        query = {**_dry_run(dry_run), **_field_manager(manager)}
        return object_of(self.transport.json("POST", path, query=query, body=obj))

    def update(self, obj: Obj) -> Obj:
        """Replace an object.

        Raises:
            Conflict: it changed since it was read.
        """
        return object_of(self.transport.json("PUT", self._path_of(obj), body=obj))

    def update_status(self, obj: Obj) -> Obj:
        """Replace an object's status subresource.

        Raises:
            Conflict: the object changed since it was read.
        """
        return object_of(self.transport.json("PUT", self._path_of(obj, "status"), body=obj))

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str,
        patch: Obj | list[Any],
        *,
        type: PatchType = "merge",
        subresource: str = "",
        manager: str = "",
    ) -> Obj:
        """Patch an object, or a subresource of it; ``manager`` as in :meth:`create`."""
        path = self.resource(api_version, kind).path(namespace, name, subresource)
        query = _field_manager(manager)
        answer = self.transport.json("PATCH", path, query=query, body=patch, content_type=_PATCH_TYPES[type])
        return object_of(answer)

    def apply(self, obj: Obj, *, manager: str = "pkgops", force: bool = True, dry_run: bool = False) -> Obj:
        """Apply an object by server-side apply and return it.

        Raises:
            Conflict: another manager owns a field, and ``force`` is false.
        """
        query = {"fieldManager": manager, "force": str(force).lower(), **_dry_run(dry_run)}
        answer = self.transport.json(
            "PATCH", self._path_of(obj), query=query, body=obj, content_type="application/apply-patch+yaml"
        )
        return object_of(answer)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str = "",
        *,
        propagation: str = "Background",
        uid: str = "",
        grace: int | None = None,
    ) -> bool:
        """Delete an object; returns False if it, or its kind, does not exist.

        Args:
            api_version: for example ``apps/v1``.
            kind: for example ``Deployment``.
            name: the object's name.
            namespace: empty for cluster-scoped kinds.
            propagation: Background, Foreground or Orphan.
            uid: delete only the object with this uid; a Conflict is raised for another one.
            grace: seconds that a pod gets to end; None leaves it to the pod, 0 waits for no kubelet.
        """
        body: Obj = {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": propagation}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        if uid:
            body["preconditions"] = {"uid": uid}
        try:
            self.transport.json("DELETE", self.resource(api_version, kind).path(namespace, name), body=body)
        except NotFound:
            return False
        return True

    def _resource_of(self, obj: Obj) -> Resource:
        return self.resource(str(obj["apiVersion"]), str(obj["kind"]))

    def _path_of(self, obj: Obj, subresource: str = "") -> str:
        return self._resource_of(obj).path(_namespace(obj), str(obj["metadata"]["name"]), subresource)


def _namespace(obj: Obj) -> str:
    return str(obj.get("metadata", {}).get("namespace") or "")


def _dry_run(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _field_manager(manager: str) -> dict[str, str]:
    return {"fieldManager": manager} if manager else {}
