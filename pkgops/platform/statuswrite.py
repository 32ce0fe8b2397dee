"""Write the status of an object that other clients may change at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy

from pkgops.kube import ApiError, Client, Conflict, NotServed, Obj


class KindNotServed(ApiError):
    """The API server does not serve the kind, or not yet."""

    @property
    def temporary(self) -> bool:
        """True, so that the write is retried: the kind may be served again."""
        return True


@contextmanager
def served_kind_required() -> Iterator[None]:
    """Return a context in which NotFound means that the object, and not its kind, does not exist.

    Raises:
        KindNotServed: the server does not serve the kind.
    """
    try:
        yield
    except NotServed as error:
        raise KindNotServed(error.status, error.reason, error.message, error.details) from error


def write_status(client: Client, obj: Obj, status: Obj, observe: Callable[[Obj], Obj]) -> Obj:
    """Write a status if it changed; after a conflict the write is repeated on the newest object.

    Raises:
        NotFound: the object does not exist any more.
    """
    with served_kind_required():
        return _write(client, obj, status, observe)


def _write(client: Client, obj: Obj, status: Obj, observe: Callable[[Obj], Obj]) -> Obj:
    current = obj
    while current.get("status") != status:
        changed = {**deepcopy(current), "status": status}
        try:
            return observe(client.update_status(changed))
        except Conflict:
            meta = obj["metadata"]
            current = client.get(obj["apiVersion"], obj["kind"], meta["name"], meta.get("namespace", ""))
            if current["metadata"]["uid"] != meta["uid"]:
                return current
    return current
