"""The remaining objects of the pipeline's kinds on the clusters of a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pkgops.flows import owners, unreadable
from pkgops.flows.target import Target
from pkgops.kube import Client, Forbidden, NotFound, Obj
from pkgops.model import ObjectRef

KINDS = {"Workload": True, "ClusterSupplyChain": False, "Deliverable": True, "ClusterDelivery": False}
"""The kinds that are listed, each with whether it has namespaces."""


@dataclass(frozen=True)
class Remaining:
    """The remaining objects, and a sentence for each kind that may not be read."""

    objects: tuple[ObjectRef, ...]
    unknown: tuple[str, ...] = ()


def remaining(target: Target) -> Remaining:
    """Return the workloads, supply chains, deliverables and deliveries of all clusters.

    Those of any namespace, or where that may not be read, of the ones that the configuration names.
    """
    settings = target.settings
    known = [settings.workload_namespace, *(one.namespace for one in settings.environments)]
    objects, unknown = list[Obj](), list[str]()
    for client in target.clusters.all():
        own = [space for space in dict.fromkeys(known) if target.clusters.of_namespace(space) is client]
        for kind, placed in KINDS.items():
            objects += _left(client, kind, own if placed else (), unknown)
    return Remaining(tuple(map(ObjectRef.of, objects)), tuple(unknown))


def listed(client: Client, kind: str, namespace: str) -> list[Obj]:
    """Return the objects of a kind of Cartographer's in a namespace, or in all."""
    try:
        return client.list(owners.API, kind, namespace).items
    except NotFound:
        return []


def _left(client: Client, kind: str, spaces: Sequence[str], unknown: list[str]) -> list[Obj]:
    objects = list[Obj]()
    for space in ("", *spaces):
        try:
            objects += listed(client, kind, space)
        except Forbidden as error:
            if not unreadable.refusal(error):
                raise
            unknown.append(unreadable.sentence(error, space))
        else:
            if not space:
                break
    return objects
