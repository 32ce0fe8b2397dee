"""Finalizers, references and other handles that the group's reconcilers share."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from pkgops.kube import Conflict, NotFound, Obj
from pkgops.platform.durations import format_duration, parse_duration
from pkgops.platform.runtime import Platform
from pkgops.platform.statuswrite import of_served_kind

APP_API = "kappctrl.k14s.io/v1alpha1"
PACKAGING_API = "packaging.carvel.dev/v1alpha1"
DATA_API = "data.packaging.carvel.dev/v1alpha1"

APP_FINALIZER = "finalizers.kapp-ctrl.k14s.io/delete"
INSTALL_FINALIZER = "finalizers.packageinstall.packaging.carvel.dev/delete"
REPOSITORY_FINALIZER = "finalizers.packagerepository.packaging.carvel.dev/delete"
ATTEMPTS = 5


def edit(platform: Platform, obj: Obj, change: Callable[[Obj], None]) -> Obj | None:
    """Change an object and write it; a conflict is repeated on the newest. None if it is gone.

    Raises:
        Conflict: it changes all the time.
    """
    meta = obj["metadata"]
    current = obj
    for attempt in range(ATTEMPTS):
        wanted = copy.deepcopy(current)
        change(wanted)
        if wanted == current:
            return current
        try:
            with of_served_kind():
                return platform.observe(platform.client.update(wanted))
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
    """Add a finalizer; like kapp-controller's typed update this also writes the sync period anew."""
    if finalizer in (obj["metadata"].get("finalizers") or []):
        return obj

    def change(wanted: Obj) -> None:
        finalizers = wanted["metadata"].get("finalizers") or []
        if finalizer not in finalizers:
            wanted["metadata"]["finalizers"] = [*finalizers, finalizer]
        normalise_period(wanted["spec"])

    return edit(platform, obj, change)


def unblock_deletion(platform: Platform, obj: Obj, finalizer: str) -> None:
    """Take a finalizer away, so that the object goes."""

    def change(wanted: Obj) -> None:
        finalizers = wanted["metadata"].get("finalizers") or []
        wanted["metadata"]["finalizers"] = [item for item in finalizers if item != finalizer]

    edit(platform, obj, change)


def normalise_period(spec: dict[str, Any]) -> None:
    """Write ``syncPeriod`` as Go writes durations: ``3m`` becomes ``3m0s``."""
    try:
        spec["syncPeriod"] = format_duration(parse_duration(str(spec["syncPeriod"])))
    except (KeyError, ValueError):
        return


class StatusWriter:
    """Writes an object's status while it is worked on.

    Writes every step when the spec is new; on a periodic reconciliation only the end, unless something is
    applied, so that one that finds nothing to do causes one event instead of five.
    """

    def __init__(self, platform: Platform, obj: Obj) -> None:
        self._platform = platform
        self._obj = obj
        self._loud = (obj.get("status") or {}).get("observedGeneration") != obj["metadata"]["generation"]
        self._last = platform.now() - timedelta(minutes=1)

    def note(self, status: Obj) -> None:
        """Write a step, if steps are written."""
        if self._loud:
            self.write(status)

    def live(self, status: Obj, now: datetime) -> None:
        """Write what is going on, at most every two seconds; from here on steps are written."""
        self._loud = True
        if now - self._last >= timedelta(seconds=2):
            self._last = now
            self.write(status)

    def write(self, status: Obj) -> None:
        """Write a status, unless the object is gone."""
        try:
            self._obj = self._platform.save_status(self._obj, status)
        except NotFound:
            return

    def moved(self, obj: Obj) -> None:
        """Go on from a newer copy of the object."""
        self._obj = obj
