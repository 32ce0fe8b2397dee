"""A supply chain that deploys without a Deliverable: by an App, Service or Deployment that it stamps."""

from __future__ import annotations

from pkgops.model import ObjectRef
from pkgops.pipeline import kinds, runs, serving
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.delivery import Delivery
from pkgops.pipeline.object_store import Obj, ObjectStore
from pkgops.pipeline.scope import Scope
from pkgops.pipeline.supplychain import Chain


def deployed(store: ObjectStore, workload: Obj, chain: Chain, scope: Scope) -> Delivery | None:
    """Return what the chain of a Workload deploys, as a Delivery without a Deliverable.

    None where it deploys no application. Its name is that of the environment with its namespace, else the
    namespace.
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
    """Return the last activity of a chain that stamps an App, Service or Deployment."""
    found = [
        one
        for one in chain.activities
        if any(runs.is_kind(one.resource.obj, kind) for kind in kinds.DEPLOYING)
    ]
    return found[-1] if found else None
