"""The scope of a run: its workload and environments, and the watches that every run begins with."""

from __future__ import annotations

from pkgops.pipeline import kinds
from pkgops.values import Value


class Watch(Value):
    """One kind in one namespace; ``namespace`` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str = ""


class Scope(Value):
    """What to follow: one workload (or all of a namespace, ``name`` empty) and its environments.

    ``environments`` are names and namespaces in the order of delivery; empty means: the namespaces of the
    known Deliverables.
    """

    namespace: str
    name: str = ""
    environments: tuple[tuple[str, str], ...] = ()


def roots(scope: Scope) -> set[Watch]:
    """The watches that a scope begins with, whatever exists: owners, blueprints and events."""
    found = {
        Watch(kinds.WORKLOAD.api_version, kinds.WORKLOAD.kind, scope.namespace),
        Watch(kinds.SUPPLY_CHAIN.api_version, kinds.SUPPLY_CHAIN.kind),
        Watch(kinds.DELIVERY.api_version, kinds.DELIVERY.kind),
        Watch(kinds.EVENT.api_version, kinds.EVENT.kind, scope.namespace),
    }
    for _, namespace in scope.environments:
        found.add(Watch(kinds.DELIVERABLE.api_version, kinds.DELIVERABLE.kind, namespace))
        found.add(Watch(kinds.EVENT.api_version, kinds.EVENT.kind, namespace))
    return found
