"""Read all objects of a run once: at most one list for each kind, and no watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from pkgops.flows import unreadable
from pkgops.kube import ApiError, Client, Forbidden, NotFound, Obj, is_temporary
from pkgops.model import CauseCode, Unreadable
from pkgops.pipeline import Scope, Watch
from pkgops.pipeline.scope import roots

if TYPE_CHECKING:
    from pkgops.pipeline import Tracker

T = TypeVar("T")

OLDER = {
    "tekton.dev/v1": ("tekton.dev/v1beta1",),
    "kpack.io/v1alpha2": ("kpack.io/v1alpha1",),
    "image.toolkit.fluxcd.io/v1": ("image.toolkit.fluxcd.io/v1beta2", "image.toolkit.fluxcd.io/v1beta1"),
    "source.toolkit.fluxcd.io/v1": ("source.toolkit.fluxcd.io/v1beta2", "source.toolkit.fluxcd.io/v1beta1"),
}
"""Versions to use where the newest is not served."""


def list_objects(client: Client, scope: Scope) -> Tracker:
    """Return a Tracker with all objects of a scope, read once, without watches: at most one list for each
    kind.

    A kind that is needed in several namespaces is listed across the cluster where that is allowed. A kind
    that may not be read is unknown, and so is one that objects refer to and that is not served, for now or at
    all. Of the kinds that a scope begins with, those that are not served count as empty: no object refers to
    one of them.

    Raises:
        PkgopsError: the API server does not answer, or cannot list the kinds that a scope begins with.
    """
    seen = frozenset(roots(scope))
    first = _begun(lambda: _lists(client, seen))
    # Imported late: the request is in flight meanwhile.
    from pkgops.flows.next_command import next_command
    from pkgops.pipeline import Tracker

    tracker, gaps = Tracker(scope, next_command), list[Unreadable]()
    listed, refused = first()
    refused = [gap for gap in refused if gap.code is not CauseCode.NOT_SERVED]
    while True:
        gaps += refused
        tracker.store.set_unreadable(gaps)
        for obj in listed:
            tracker.apply("ADDED", obj)
        fresh = tracker.required_watches() - seen
        if not fresh:
            return tracker
        seen |= fresh
        listed, refused = _lists(client, fresh, follow=True)


def served(client: Client, watch: Watch) -> str:
    """Return the version of a kind that the cluster serves; the requested one where it serves none."""
    return next((one for one in _versions(watch) if client.serves(one, watch.kind)), watch.api_version)


def _versions(watch: Watch) -> tuple[str, ...]:
    return (watch.api_version, *OLDER.get(watch.api_version, ()))


def _begun(work: Callable[[], T]) -> Callable[[], T]:
    """Start work in a thread; return a function that waits for its result, or raises its error."""
    results: list[T] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            results.append(work())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="list-objects", daemon=True)
    thread.start()

    def result() -> T:
        thread.join()
        if errors:
            raise errors[0]
        return results[0]

    return result


Found = tuple[list[Obj], list[Unreadable]]
"""Objects, and what could not be read."""


def _lists(client: Client, watches: Iterable[Watch], *, follow: bool = False) -> Found:
    """List kinds; of those that follow from others (``follow``), one that cannot be listed for now is
    unknown.

    An aggregated API server (kapp-controller's, for packages) may be unavailable while all others answer.
    """
    spaces: dict[Watch, list[str]] = {}
    for watch in sorted(watches):
        spaces.setdefault(Watch(watch.api_version, watch.kind), []).append(watch.namespace)
    objects, gaps = list[Obj](), list[Unreadable]()
    for kind, namespaces in spaces.items():
        try:
            found, refused = _listed(client, kind, namespaces)
        except ApiError as error:
            if not follow or not is_temporary(error):
                raise
            found, refused = [], [_unserved(kind, namespace, error) for namespace in namespaces]
            # It was waited for once: the caller should not wait again for each kind.
            client = client.retrying(0.0)
        objects += found
        gaps += refused
    return objects, gaps


def _listed(client: Client, kind: Watch, namespaces: list[str]) -> Found:
    if len(namespaces) > 1:
        try:
            found = _read(client, kind, "")
            if found is None:
                return [], [_unserved(kind, namespace) for namespace in namespaces]
            return [obj for obj in found if obj["metadata"].get("namespace") in namespaces], []
        except Forbidden:
            pass
    items, gaps = list[Obj](), list[Unreadable]()
    for namespace in namespaces:
        try:
            found = _read(client, kind, namespace)
        except Forbidden as error:
            gaps.append(unreadable.of(Watch(kind.api_version, kind.kind, namespace), error))
            continue
        if found is None:
            gaps.append(_unserved(kind, namespace))
        items += found or []
    return items, gaps


def _unserved(kind: Watch, namespace: str, error: ApiError | None = None) -> Unreadable:
    return unreadable.unserved(Watch(kind.api_version, kind.kind, namespace), error)


def _read(client: Client, kind: Watch, namespace: str) -> list[Obj] | None:
    """List a kind in the first of its versions that is served; None where none is."""
    for version in _versions(kind):
        try:
            return client.list(version, kind.kind, namespace, guess=True).items
        except NotFound:
            continue
    return None
