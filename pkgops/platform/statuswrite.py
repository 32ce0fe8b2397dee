"""Writing the status of an object that others may change meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

from pkgops.kube import ApiError, Client, Conflict, NotServed, Obj


class NoPath(ApiError):
    """The server does not serve the kind, or not yet: only time tells."""

    @property
    def temporary(self) -> bool:
        """True: a kind that is served no more has no objects that anybody looks at."""
        return True


@contextmanager
def of_served_kind() -> Iterator[None]:
    """Have NotFound mean, for what is done inside, that the object is gone.

    Raises:
        NoPath: the server does not serve the kind, which does not tell that the object is gone.
    """
    try:
        yield
    except NotServed as error:
        raise NoPath(error.status, error.reason, error.message, error.details) from error


def write_status(client: Client, obj: Obj, status: Obj, observe: Callable[[Obj], Obj]) -> Obj:
    """Write a status if it changed; a conflicting write is repeated on the newest object.

    Raises:
        NotFound: the object is gone.
    """
    with of_served_kind():
        return _write(client, obj, status, observe)


def _write(client: Client, obj: Obj, status: Obj, observe: Callable[[Obj], Obj]) -> Obj:
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
