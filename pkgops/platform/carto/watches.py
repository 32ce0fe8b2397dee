"""The watches of the reconcilers: on every kind that they read or stamped.

Dependencies are not kept in memory: the owners that depend on a changed object are found from the
objects themselves, so that they are complete after a restart too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from pkgops.kube import Obj
from pkgops.platform.carto import rbac
from pkgops.platform.carto.accounts import account_of
from pkgops.platform.carto.blueprint import template_names
from pkgops.platform.carto.owner_kinds import OwnerKind
from pkgops.platform.carto.template import API_VERSION, KINDS
from pkgops.platform.controller import Controller
from pkgops.platform.queue import Key
from pkgops.platform.routes import Mapper, owner_keys
from pkgops.platform.runtime import Platform

RBAC_CACHE_SECONDS = 0.5
"""How long to wait after a change of RBAC: the API server authorizes by a cache of Roles and bindings, which
receives the change through a watch as well."""
REFUSED_REASONS = {
    "TemplateRejectedByAPIServer",
    "StampedObjectRejectedByAPIServer",
    "FailedToListCreatedObjects",
    "UnknownError",
    "TemplateStampFailure",
}


class StampedWatches:
    """Adds a watch for each kind that an owner stamped."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._controllers: dict[str, Controller] = {}
        self._known: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def add(self, owner_kind: str, controller: Controller) -> None:
        """Register the controller of an owner kind."""
        self._controllers[owner_kind] = controller

    def watch_stamped(self, owner_kind: str, stamped: Iterable[Obj]) -> None:
        """Watch the kinds of objects that were stamped for an owner kind."""
        for obj in stamped:
            self._watch(owner_kind, obj["apiVersion"], obj["kind"], owner_keys(API_VERSION, owner_kind))

    def watch_selected(self, owner_kind: str, api_version: str, kind: str, mapper: Mapper) -> None:
        """Watch a kind that Runnables select from."""
        self._watch(owner_kind, api_version, kind, mapper, "selected ")

    def _watch(self, owner_kind: str, api_version: str, kind: str, mapper: Mapper, why: str = "") -> None:
        with self._lock:
            known = (why + owner_kind, api_version, kind)
            if known in self._known:
                return
            self._known.add(known)
        self._platform.watch(api_version, kind, self._controllers[owner_kind], mapper)


def key_of(obj: Obj) -> Key:
    """Return an object's own key."""
    return Key(str(obj["metadata"].get("namespace", "")), str(obj["metadata"]["name"]))


def watch_for_blueprints(platform: Platform, controller: Controller, kind: str) -> None:
    """Queue blueprints when a template that they reference is created, changed or deleted."""

    def users(template: Obj) -> Iterable[Key]:
        return [key_of(blueprint) for blueprint in _blueprints_using(platform, kind, template)]

    for template_kind in KINDS:
        platform.watch(API_VERSION, template_kind, controller, users)


def watch_for_owners(platform: Platform, controller: Controller, kind: OwnerKind) -> None:
    """Queue owners when blueprints, templates, service accounts or permissions change."""

    def all_owners(_: Obj) -> Iterable[Key]:
        return [key_of(owner) for owner in platform.list(API_VERSION, kind.kind)]

    def users(template: Obj) -> Iterable[Key]:
        names = {
            blueprint["metadata"]["name"]
            for blueprint in _blueprints_using(platform, kind.blueprint, template)
        }
        owners = platform.list(API_VERSION, kind.kind)
        return [key_of(owner) for owner in owners if _blueprint_name(owner, kind) in names]

    platform.watch(API_VERSION, kind.blueprint, controller, all_owners)
    for template_kind in KINDS:
        platform.watch(API_VERSION, template_kind, controller, users)

    def account(owner: Obj) -> rbac.Account:
        name = _blueprint_name(owner, kind)
        return account_of(owner, platform.get(API_VERSION, kind.blueprint, name) if name else None)

    def acting_as(changed: Obj) -> Iterable[Key]:
        account_key = (changed["metadata"]["namespace"], changed["metadata"]["name"])
        owners = platform.list(API_VERSION, kind.kind)
        return [key_of(owner) for owner in owners if account(owner) == account_key]

    platform.watch("v1", "ServiceAccount", controller, acting_as)
    watch_rbac(platform, controller, kind.kind, account)


def watch_for_runnables(platform: Platform, controller: Controller) -> None:
    """Queue Runnables when run templates, service accounts or permissions change."""

    def users(run_template: Obj) -> Iterable[Key]:
        name = run_template["metadata"]["name"]
        runnables = platform.list(API_VERSION, "Runnable")
        return [
            key_of(runnable) for runnable in runnables if runnable["spec"]["runTemplateRef"]["name"] == name
        ]

    def acting_as(account: Obj) -> Iterable[Key]:
        account_key = (account["metadata"]["namespace"], account["metadata"]["name"])
        runnables = platform.list(API_VERSION, "Runnable", account_key[0])
        return [key_of(runnable) for runnable in runnables if account_of(runnable) == account_key]

    platform.watch(API_VERSION, "ClusterRunTemplate", controller, users)
    platform.watch("v1", "ServiceAccount", controller, acting_as)
    watch_rbac(platform, controller, "Runnable", account_of)


def watch_rbac(
    platform: Platform, controller: Controller, kind: str, account: Callable[[Obj], rbac.Account]
) -> None:
    """Queue owners for which a request was refused, when the permissions of their accounts change."""

    def refused(changed: Obj) -> Iterable[Key]:
        refused_owners = [owner for owner in platform.list(API_VERSION, kind) if _was_refused(owner)]
        if not refused_owners:
            return []
        is_affected = rbac.affects(changed, lambda binding_kind: platform.list(rbac.RBAC, binding_kind))
        for owner in refused_owners:
            if is_affected(account(owner)):
                controller.enqueue(key_of(owner), RBAC_CACHE_SECONDS)
        return []

    for rbac_kind in rbac.KINDS:
        platform.watch(rbac.RBAC, rbac_kind, controller, refused)


def runnables_selecting(platform: Platform, api_version: str, kind: str) -> Mapper:
    """Return a mapper from an object to the Runnables whose selector names its kind."""

    def mapper(_: Obj) -> Iterable[Key]:
        for runnable in platform.list(API_VERSION, "Runnable"):
            resource = ((runnable.get("spec") or {}).get("selector") or {}).get("resource") or {}
            if (resource.get("apiVersion"), resource.get("kind")) == (api_version, kind):
                yield key_of(runnable)

    return mapper


def _blueprints_using(platform: Platform, kind: str, template: Obj) -> list[Obj]:
    template_key = (template["kind"], template["metadata"]["name"])
    return [
        blueprint
        for blueprint in platform.list(API_VERSION, kind)
        if any(names[1:] == template_key for names in template_names(blueprint))
    ]


def _blueprint_name(owner: Obj, kind: OwnerKind) -> str:
    return str(((owner.get("status") or {}).get(kind.ref_field) or {}).get("name") or "")


def _was_refused(owner: Obj) -> bool:
    conditions = (owner.get("status") or {}).get("conditions") or []
    return any(entry.get("reason") in REFUSED_REASONS for entry in conditions)
