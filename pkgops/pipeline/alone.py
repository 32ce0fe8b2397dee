"""A supply chain that deploys by itself: what runs because of its own App, Service or Deployment."""

from __future__ import annotations

from pkgops.model import ObjectRef
from pkgops.pipeline import kinds, runs, serving
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.delivery import Delivery
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.scope import Scope
from pkgops.pipeline.supplychain import Chain


def deployed(store: ObjectStore, workload: Obj, chain: Chain, scope: Scope) -> Delivery | None:
    """What the chain of a Workload runs, as a delivery without a Deliverable.

    None where it runs nothing, as where its App deploys no application. It is named after the environment
    that has its namespace, else after the namespace.
    """
    last = deploying(chain)
    if last is None or serving.delivered_kinds(store, [last]) is not None:
        return None
    namespace = ObjectRef.of(last.resource.obj or {}).namespace
    label = next((name for name, space in scope.environments if space == namespace), namespace)
    item = serving.serve(store, label, last)
    output = item.stage.output
    return Delivery(name=label, owner=workload, activities=(item,), image=output.image, url=output.url)


def deploying(chain: Chain) -> Activity | None:
    """The last activity of a chain that runs an application."""
    found = [
        one
        for one in chain.activities
        if any(runs.is_kind(one.resource.obj, kind) for kind in kinds.DEPLOYING)
    ]
    return found[-1] if found else None
