"""One change of a workload in an environment at a time: a Lease in its namespace."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from pkgops.errors import PkgopsError, RefusedError
from pkgops.flows.ports import Ports
from pkgops.flows.releases.place import role_remedy
from pkgops.flows.releases.recordmap import moment_of, text_of
from pkgops.kube import AlreadyExists, Client, Conflict, Forbidden, Obj, Unreachable

API = "coordination.k8s.io/v1"
TERM = 60.0
"""A Lease that was not renewed for so many seconds is no longer held."""
RENEW = 5.0
OBSERVED = 3 * RENEW
"""How long a Lease is observed before it is taken from an expired holder: its clock may only differ."""


@contextmanager
def held(
    client: Client, namespace: str, workload: str, user: str, ports: Ports, role: str = ""
) -> Iterator[bool]:
    """Hold the Lease of a workload in an environment's namespace while the block lasts; yield whether it is
    held.

    Without the permission to hold one the change is made without it, with a note about that and about
    the ``role`` of ``doctor --rbac`` that grants it.

    Raises:
        RefusedError: another user holds it; names them, since when and until when.
    """
    holder = f"{user or 'unknown'} on {socket.gethostname()}, process {os.getpid()}"
    lease = None
    try:
        lease = _acquired(client, namespace, f"{workload}-release", holder, ports)
    except Forbidden as error:
        ports.note(
            f"nothing prevents other changes of {workload} in {namespace} at the same time: "
            f"{error.summary}{role_remedy(role)}"
        )
    if lease is None:
        yield False
        return
    with _renewing(client, lease, holder, ports.now):
        yield True


def _acquired(client: Client, namespace: str, name: str, holder: str, ports: Ports) -> Obj:
    found = client.find(API, "Lease", name, namespace)
    if found is not None and _holder(found):
        _check_gone(client, found, ports)
    spec = _spec(holder, ports.now(), ports.now())
    try:
        if found is None:
            meta = {"name": name, "namespace": namespace}
            return client.create({"apiVersion": API, "kind": "Lease", "metadata": meta, "spec": spec})
        return client.update({**found, "spec": spec})
    except (AlreadyExists, Conflict, Unreachable) as error:
        now = client.find(API, "Lease", name, namespace)
        if now is not None and _holder(now) == holder:
            return now  # It was written, and only the response was lost.
        if isinstance(error, Unreachable):
            raise
        raise _refused(now or {"metadata": {"name": name, "namespace": namespace}}) from error


def _written(client: Client, lease: Obj, holder: str, spec: Obj) -> Obj:
    """Write a Lease that is held; where the response to an earlier write was lost, on its newest version."""
    try:
        return client.update({**lease, "spec": spec})
    except Conflict:
        meta = lease["metadata"]
        now = client.get(API, "Lease", meta["name"], meta["namespace"])
        if _holder(now) != holder:
            raise
        return client.update({**now, "spec": spec})


def _check_gone(client: Client, lease: Obj, ports: Ports) -> None:
    """Refuse to take a Lease that has not expired, by its time or by its writes."""
    renewed = _moment((lease.get("spec") or {}).get("renewTime"))
    if renewed is not None and abs(ports.now() - renewed) < timedelta(seconds=TERM):
        raise _refused(lease)
    ports.note(f"{_holder(lease)} has not renewed its Lease; watching it for {OBSERVED:.0f}s")
    ports.sleep(OBSERVED)
    meta = lease["metadata"]
    now = client.find(API, "Lease", meta["name"], meta["namespace"])
    if now is not None and now["metadata"]["resourceVersion"] != meta["resourceVersion"]:
        raise _refused(now)


@contextmanager
def _renewing(client: Client, lease: Obj, holder: str, now: Callable[[], datetime]) -> Iterator[None]:
    ended = threading.Event()
    begun = now()
    current = [lease]

    def renew() -> None:
        while not ended.wait(RENEW):
            with contextlib.suppress(PkgopsError):
                current[0] = _written(client, current[0], holder, _spec(holder, begun, now()))

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        # One that is not released expires after its term.
        with contextlib.suppress(PkgopsError):
            _written(client, current[0], holder, _spec("", begun, now()))


def _spec(holder: str, acquired: datetime, renewed: datetime) -> dict[str, Any]:
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": int(TERM),
        "acquireTime": text_of(acquired),
        "renewTime": text_of(renewed),
    }


def _holder(lease: Obj) -> str:
    return str((lease.get("spec") or {}).get("holderIdentity") or "")


def _refused(lease: Obj) -> RefusedError:
    meta, spec = lease["metadata"], lease.get("spec") or {}
    renewed = _moment(spec.get("renewTime"))
    until = text_of(renewed + timedelta(seconds=TERM)) if renewed else f"{TERM:.0f}s after its last renewal"
    return RefusedError(
        f"{meta['name']} in {meta['namespace']} is held by {_holder(lease) or 'another user'}",
        why=f"since {spec.get('acquireTime')}, and until {until} unless it is renewed; "
        "one command at a time changes a workload in an environment",
        next=f"wait for its end; if it has ended already, try again after {until}",
        slug="held",
    )


def _moment(text: object) -> datetime | None:
    try:
        return moment_of(str(text))
    except ValueError:
        return None
