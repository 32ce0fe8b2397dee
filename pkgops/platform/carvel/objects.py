"""API versions, finalizers and writes of objects that the group's reconcilers share."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pkgops.kube import Conflict, NotFound, Obj
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.runtime import Platform
from pkgops.platform.statuswrite import served_kind_required

APP_API = "kappctrl.k14s.io/v1alpha1"
PACKAGING_API = "packaging.carvel.dev/v1alpha1"
DATA_API = "data.packaging.carvel.dev/v1alpha1"

APP_FINALIZER = "finalizers.kapp-ctrl.k14s.io/delete"
INSTALL_FINALIZER = "finalizers.packageinstall.packaging.carvel.dev/delete"
REPOSITORY_FINALIZER = "finalizers.packagerepository.packaging.carvel.dev/delete"
ATTEMPTS = 5


def edit(platform: Platform, obj: Obj, change: Callable[[Obj], None]) -> Obj | None:
    """Change an object and update it; after a conflict it is read again and the change repeated.

    Returns the updated object, None if it does not exist any more.

    Raises:
        Conflict: all `ATTEMPTS` attempts had a conflict.
    """
    meta = obj["metadata"]
    current = obj
    for attempt in range(ATTEMPTS):
        changed = copy.deepcopy(current)
        change(changed)
        if changed == current:
            return current
        try:
            with served_kind_required():
                return platform.observe(platform.client.update(changed))
        except NotFound:
            return None
        except Conflict:
            if attempt == ATTEMPTS - 1:
                raise
        live = platform.client.find(obj["apiVersion"], obj["kind"], meta["name"], meta["namespace"])
        if live is None or live["metadata"]["uid"] != meta["uid"]:
            return None
        current = live
    return current


def block_deletion(platform: Platform, obj: Obj, finalizer: str) -> Obj | None:
    """Add a finalizer; like kapp-controller's typed update this also writes the normalised sync period."""
    if finalizer in (obj["metadata"].get("finalizers") or []):
        return obj

    def change(changed: Obj) -> None:
        finalizers = changed["metadata"].get("finalizers") or []
        if finalizer not in finalizers:
            changed["metadata"]["finalizers"] = [*finalizers, finalizer]
        normalise_period(changed["spec"])

    return edit(platform, obj, change)


def unblock_deletion(platform: Platform, obj: Obj, finalizer: str) -> None:
    """Remove a finalizer, so that the API server deletes the object."""

    def change(changed: Obj) -> None:
        finalizers = changed["metadata"].get("finalizers") or []
        changed["metadata"]["finalizers"] = [item for item in finalizers if item != finalizer]

    edit(platform, obj, change)


def normalise_period(spec: dict[str, Any]) -> None:
    """Write ``syncPeriod`` as Go writes durations: ``3m`` becomes ``3m0s``."""
    try:
        spec["syncPeriod"] = format_duration(parse_duration(str(spec["syncPeriod"])))
    except (KeyError, ValueError):
        return


class StatusWriter:
    """Writes an object's status during a reconciliation.

    It writes every step when the generation is new; in a periodic reconciliation only the result, unless
    something is applied, so that one without changes causes one watch event instead of five.
    """

    def __init__(self, platform: Platform, obj: Obj) -> None:
        self._platform = platform
        self._obj = obj
        self._writes_steps = (obj.get("status") or {}).get("observedGeneration") != obj["metadata"][
            "generation"
        ]
        self._last = platform.now() - timedelta(minutes=1)

    def write_step(self, status: Obj) -> None:
        """Write the status after a step, if steps are written."""
        if self._writes_steps:
            self.write(status)

    def write_progress(self, status: Obj, now: datetime) -> None:
        """Write the status during a step, at most every two seconds; from then on steps are written."""
        self._writes_steps = True
        if now - self._last >= timedelta(seconds=2):
            self._last = now
            self.write(status)

    def write(self, status: Obj) -> None:
        """Write a status, unless the object does not exist any more."""
        try:
            self._obj = self._platform.save_status(self._obj, status)
        except NotFound:
            return

    def use_object(self, obj: Obj) -> None:
        """Use a newer copy of the object for the next writes."""
        self._obj = obj
