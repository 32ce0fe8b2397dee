"""The requests of kapp to a cluster: find resources by label or by name, create, update, delete them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import (
    APP_LABEL,
    ASSOCIATION_LABEL,
    ORPHANED_LABEL,
    Obj,
    association,
    description,
    name,
    namespace,
)
from pkgops.kapp.labelling import identified
from pkgops.kapp.record import AppMeta, GroupKind
from pkgops.kube import AlreadyExists, ApiError, Client, Conflict, Forbidden, Invalid, NotFound
from pkgops.kube.discovery import resources as parse_resources
from pkgops.kube.types import Resource

_NEVER_LISTED = frozenset({("", "Event"), ("events.k8s.io", "Event"), ("", "ComponentStatus")})
_ASSOCIATED = {
    ("apps", "Deployment"): (("apps/v1", "ReplicaSet"), ("v1", "Pod")),
    ("apps", "DaemonSet"): (("v1", "Pod"),),
    ("apps", "StatefulSet"): (("v1", "PersistentVolumeClaim"), ("v1", "Pod")),
    ("batch", "Job"): (("v1", "Pod"),),
}


def api_error(action: str, obj: Obj, error: ApiError) -> KappError:
    """Return a server's error in kapp's form, one cause on each line."""
    says = f"{error.message} (reason: {error.reason or 'Unknown'})"
    failure = KappError(f"{action} resource {description(obj)}:\n  API server says:\n    {says}")
    failure.__cause__ = error
    return failure


@dataclass(frozen=True, slots=True)
class Cluster:
    """A client for resources.

    Attributes:
        client: the cluster, with the deploying identity.
        fallback_namespaces: the namespaces to list where listing all namespaces is forbidden.
    """

    client: Client
    fallback_namespaces: tuple[str, ...] = ()

    # -- reading

    def current(self, obj: Obj) -> Obj | None:
        """Return a resource as it is on the cluster; None where it does not exist.

        Raises:
            KappError: the server refused.
        """
        try:
            return self.client.find(str(obj["apiVersion"]), str(obj["kind"]), name(obj), namespace(obj))
        except ApiError as error:
            raise api_error("Checking existence of", obj, error) from error

    def labelled(self, selector: str, kinds: Iterable[Resource]) -> list[Obj]:
        """Return all resources with a label, each once; kinds that may not be listed are left out."""
        objects: dict[str, Obj] = {}
        for resource in kinds:
            for obj in self._list(resource, selector):
                objects.setdefault(str(obj["metadata"].get("uid")), obj)
        return list(objects.values())

    def associated(self, obj: Obj) -> list[Obj]:
        """Return the pods and other resources that a workload's controllers created for it."""
        kinds = _ASSOCIATED.get((str(obj["apiVersion"]).rpartition("/")[0], str(obj["kind"])), ())
        selector = f"{ASSOCIATION_LABEL}={association(obj)}"
        place = namespace(obj)
        objects = [
            item for version, kind in kinds for item in self._namespaced(version, kind, place, selector)
        ]
        return [item for item in objects if item["metadata"].get("uid") != obj["metadata"].get("uid")]

    def kinds_of(self, meta: AppMeta, new: Iterable[Obj]) -> list[Resource]:
        """Return the served kinds that an app used or is about to use."""
        named = [(str(obj["apiVersion"]), str(obj["kind"])) for obj in new]
        versions = {(version.rpartition("/")[0], kind): version for version, kind in named}
        wanted = {**dict.fromkeys(meta.used_gks or (), ""), **versions}
        found = (self._served(kind, version, meta) for kind, version in wanted.items())
        return [resource for resource in found if resource is not None]

    def kinds_to_delete(self, meta: AppMeta) -> list[Resource]:
        """Return the kinds of an app's resources, and of those that controllers created for them.

        kapp lists every kind of the cluster; here those of the groups in use are enough, and core
        Services, because resources of controllers are only waited for. Old records have no kinds.
        """
        if meta.used_gks is None:
            return self.all_kinds()
        versions = {f"{group}/{version}" if group else version for group, version in meta.used_gvs}
        resources = [
            resource for version in sorted(versions - {"v1"}) for resource in self._listable(version)
        ]
        named = [*self.kinds_of(meta, []), self.client.resource("v1", "Service"), *resources]
        return list({(resource.api_version, resource.kind): resource for resource in named}.values())

    def all_kinds(self) -> list[Resource]:
        """Return all kinds that can be listed, each in its preferred version."""
        groups = self.client.transport.json("GET", "/apis").get("groups") or []
        versions = ["v1", *(str(group["preferredVersion"]["groupVersion"]) for group in groups)]
        return [resource for version in versions for resource in self._listable(version)]

    # -- writing

    def create(self, obj: Obj) -> Obj:
        """Create a resource with its identity; return what the server stored.

        Raises:
            AlreadyExists: it exists.
            KappError: the server refused.
        """
        return self._write("Creating", self.client.create, obj)

    def update(self, obj: Obj) -> Obj:
        """Replace a resource with its identity; return what the server stored.

        Raises:
            Conflict: it changed meanwhile.
            KappError: the server refused.
        """
        return self._write("Updating", self.client.update, obj)

    def _write(self, action: str, write: Callable[[Obj], Obj], obj: Obj) -> Obj:
        try:
            return write(identified(obj))
        except (AlreadyExists, Conflict):
            raise
        except ApiError as error:
            raise api_error(action, obj, error) from error

    def delete(self, obj: Obj) -> None:
        """Delete exactly this resource, by its uid.

        Raises:
            KappError: the server refused.
        """
        where = (str(obj["apiVersion"]), str(obj["kind"]), name(obj), namespace(obj))
        try:
            self.client.delete(*where, uid=str(obj["metadata"].get("uid") or ""))
        except Conflict:
            return  # another resource has this name now: this one is gone
        except ApiError as error:
            raise api_error("Deleting", obj, error) from error

    def orphan(self, obj: Obj) -> None:
        """Remove the app's label from a resource that is kept.

        Raises:
            KappError: the server refused.
        """
        patch = {"metadata": {"labels": {APP_LABEL: None, ORPHANED_LABEL: ""}}}
        where = (str(obj["apiVersion"]), str(obj["kind"]), name(obj), namespace(obj))
        try:
            self.client.patch(*where, patch)
        except ApiError as error:
            raise api_error("Patching", obj, error) from error

    def gone(self, obj: Obj) -> bool:
        """Return whether exactly this resource does not exist any more."""
        live = self.current(obj)
        return live is None or live["metadata"].get("uid") != obj["metadata"].get("uid")

    # -- finding kinds

    def namespaced(self, obj: Obj) -> bool | None:
        """Return whether a resource's kind is namespaced; None where the kind is not served."""
        try:
            return self.client.resource(str(obj["apiVersion"]), str(obj["kind"])).namespaced
        except NotFound:
            return None

    def _served(self, kind: GroupKind, version: str, meta: AppMeta) -> Resource | None:
        group, plain = kind
        used = [f"{one}/{two}" if one else two for one, two in meta.used_gvs if one == group]
        for candidate in [version, *used]:
            if candidate and self.client.serves(candidate, plain):
                return self.client.resource(candidate, plain)
        return None

    def _listable(self, api_version: str) -> list[Resource]:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            answer = self.client.transport.json("GET", path)
        except ApiError:
            return []
        resources = parse_resources(api_version, answer.get("resources") or []).values()
        return [
            item
            for item in resources
            if "list" in item.verbs and (item.group, item.kind) not in _NEVER_LISTED
        ]

    def _list(self, resource: Resource, selector: str) -> list[Obj]:
        try:
            return self.client.list(resource.api_version, resource.kind, labels=selector).items
        except Forbidden:
            if not resource.namespaced:
                return []
        places = self.fallback_namespaces
        return [
            obj
            for place in places
            for obj in self._namespaced(resource.api_version, resource.kind, place, selector)
        ]

    def _namespaced(self, api_version: str, kind: str, place: str, selector: str) -> list[Obj]:
        try:
            return self.client.list(api_version, kind, place, labels=selector).items
        except (Forbidden, NotFound):
            return []


def is_invalid(error: KappError) -> bool:
    """Return whether an error is about the resource itself (an immutable field, for example)."""
    return isinstance(error.__cause__, Invalid)
