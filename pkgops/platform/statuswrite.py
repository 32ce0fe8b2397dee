"""Writing the status of an object that others may change meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

from pkgops.kube import Client, Conflict, Obj


def write_status(client: Client, obj: Obj, status: Obj, observe: Callable[[Obj], Obj]) -> Obj:
    """Write a status if it changed; a conflicting write is repeated on the newest object.

    Raises:
        NotFound: the object is gone.
    """
    current = obj
    while current.get("status") != status:
        wanted = {**deepcopy(current), "status": status}
        try:
            return observe(client.update_status(wanted))
        except Conflict:
            meta = obj["metadata"]
            current = client.get(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
            if current["metadata"]["uid"] != meta["uid"]:
                return current
    return current
