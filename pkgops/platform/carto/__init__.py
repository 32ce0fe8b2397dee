"""Cartographer (``carto.run/v1alpha1``) on the local platform.

The behaviour is that of Cartographer 0.8.11, with the differences that ``docs/local-platform.md`` lists.
"""

from __future__ import annotations

from pkgops.platform.carto import admission
from pkgops.platform.carto.blueprint import BlueprintReconciler
from pkgops.platform.carto.owner import OwnerReconciler
from pkgops.platform.carto.owner_kinds import OWNERS
from pkgops.platform.carto.runnable import RunnableReconciler
from pkgops.platform.carto.template import API_VERSION
from pkgops.platform.carto.watches import (
    StampedWatches,
    watch_for_blueprints,
    watch_for_owners,
    watch_for_runnables,
)
from pkgops.platform.failures import failed_conditions
from pkgops.platform.runtime import Platform

WORKERS = 2
"""Concurrent reconciles a kind, as the real controller's default."""


def register(platform: Platform) -> None:
    """Add the reconcilers and the admission checks of the carto.run kinds to a platform."""
    admission.register(platform)
    watches = StampedWatches(platform)
    for kind in OWNERS:
        blueprints = platform.controller(
            f"carto-{kind.blueprint.lower()}",
            API_VERSION,
            kind.blueprint,
            BlueprintReconciler(platform, kind.blueprint).reconcile,
        )
        watch_for_blueprints(platform, blueprints, kind.blueprint)
        owners = platform.controller(
            f"carto-{kind.kind.lower()}",
            API_VERSION,
            kind.kind,
            OwnerReconciler(platform, kind, watches).reconcile,
            workers=WORKERS,
        )
        watches.add(kind.kind, owners)
        watch_for_owners(platform, owners, kind)
    runnables = platform.controller(
        "carto-runnable",
        API_VERSION,
        "Runnable",
        RunnableReconciler(platform, watches).reconcile,
        workers=WORKERS,
        failed=failed_conditions("RunTemplateReady", "Ready"),
    )
    watches.add("Runnable", runnables)
    watch_for_runnables(platform, runnables)
