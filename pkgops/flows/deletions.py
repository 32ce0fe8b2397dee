"""Waits until objects that are being deleted are gone, and reports what takes long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pkgops.errors import DeadlineError
from pkgops.flows import apply
from pkgops.flows.apply_plan import describe
from pkgops.flows.ports import Ports
from pkgops.kube import Client, Obj
from pkgops.model import ObjectRef, State
from pkgops.readiness import readiness

POLL = 0.25
REPORT_AFTER = timedelta(seconds=10)
"""How long to wait before the remaining objects are reported."""


class Deletions:
    """Waits until objects are gone, with one deadline for all calls."""

    def __init__(self, ports: Ports, timeout: float) -> None:
        """Start the deadline of ``timeout`` seconds."""
        self.ports = ports
        self.begun = ports.now()
        self.timeout = timeout

    def gone(self, client: Client, refs: Sequence[ObjectRef], requested: Sequence[Obj] = ()) -> None:
        """Wait until none of ``refs`` nor of ``requested`` exists; the deletion of ``requested`` is repeated.

        A server that has just started may respond that an object does not exist although it does.

        Raises:
            DeadlineError: the time is over; names the objects that still exist.
        """
        uids = {ObjectRef.of(obj): obj["metadata"].get("uid") for obj in requested}
        remaining = [*uids, *(ref for ref in refs if ref not in uids)]
        tell_at = self.ports.now() + REPORT_AFTER
        reported = False
        while remaining:
            found = {ref: obj for ref in remaining if (obj := _find(client, ref)) is not None}
            # An object of the same name with another uid was created since.
            remaining = [
                ref for ref, obj in found.items() if uids.get(ref) in (None, obj["metadata"].get("uid"))
            ]
            if not remaining:
                return
            now = self.ports.now()
            if (now - self.begun).total_seconds() > self.timeout:
                raise _still_there(client, remaining, now)
            if not reported and now >= tell_at:
                reported = True
                for ref in remaining:
                    self.ports.note(f"still there: {_held(ref, found[ref], now)}", object=ref)
            self.ports.sleep(POLL)
            for ref in remaining:
                if ref in uids and not found[ref]["metadata"].get("deletionTimestamp"):
                    apply.delete(client, found[ref], self.ports)


def _still_there(client: Client, refs: Sequence[ObjectRef], now: datetime) -> DeadlineError:
    first = refs[0]
    where = f" -n {first.namespace}" if first.namespace else ""
    return DeadlineError(
        "still waiting for deletions",
        why="\n".join(_held(ref, _find(client, ref) or {}, now) for ref in refs),
        next=f"kubectl describe {first.qualified}{where}; then run pkgops clean again",
        slug="clean-deadline",
    )


def _held(ref: ObjectRef, obj: Obj, now: datetime) -> str:
    """Why an object still exists: its finalizers, the grace period of a pod, its own message."""
    meta = obj.get("metadata") or {}
    reasons = list(meta.get("finalizers") or [])
    ends = str(meta.get("deletionTimestamp") or "")
    if ref.kind == "Pod" and ends and not reasons:
        left = max(round((datetime.fromisoformat(ends) - now).total_seconds()), 0)
        reasons = [f"terminating, killed by its node in {left} s at the latest"]
    status = readiness(obj) if obj else None
    failure = f": {status.message}" if status and status.state is State.FAILED and status.message else ""
    return f"{describe(ref)} ({', '.join(reasons) or 'no finalizer'}){failure}"


def _find(client: Client, ref: ObjectRef) -> Obj | None:
    return client.find(ref.api_version, ref.kind, ref.name, ref.namespace)
