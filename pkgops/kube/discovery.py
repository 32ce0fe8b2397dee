"""Discovery: which kinds a cluster serves; one request for each group and version, and for missing kinds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from pkgops.kube.errors import NotFound, NotServed
from pkgops.kube.transport import Transport
from pkgops.kube.types import Resource

# A missing kind may have been added since; but a loop over many missing kinds must not send a request each
# time.
RETRY_SECONDS = 1.0


class Discovery:
    """A cache of the served kinds of one cluster. Thread-safe."""

    def __init__(self, transport: Transport, clock: Callable[[], float] = time.monotonic) -> None:
        self._transport = transport
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, dict[str, Resource]] = {}
        self._asked: dict[str, float] = {}

    def through(self, transport: Transport) -> Discovery:
        """Return the same cache with another transport for its requests: one that retries, for example."""
        other = Discovery(transport, self._clock)
        other._lock, other._known, other._asked = self._lock, self._known, self._asked
        return other

    def resource(self, api_version: str, kind: str) -> Resource:
        """Return the Resource of a kind (its path and verbs).

        Raises:
            NotFound: the cluster does not serve it.
        """
        with self._lock:
            known = self._known.get(api_version, {}).get(kind)
            if known is None and self._may_ask(api_version):
                self._known[api_version] = self._ask(api_version)
                # Without a response it is not known whether the kind is served.
                self._asked[api_version] = self._clock()
                known = self._known[api_version].get(kind)
        if known is None:
            raise NotServed(404, "NotFound", f"the cluster serves no kind {kind} in {api_version}")
        return known

    def likely(self, api_version: str, kind: str, *, namespaced: bool) -> Resource:
        """Return the Resource of a kind, guessed from its name where it was not discovered; sends no request.

        The rule is the one of Kubernetes' own ``meta.UnsafeGuessKindToResource``.
        """
        known = self._known.get(api_version, {}).get(kind)
        return known or Resource(
            api_version=api_version, kind=kind, plural=plural(kind), namespaced=namespaced
        )

    def _may_ask(self, api_version: str) -> bool:
        return self._clock() - self._asked.get(api_version, float("-inf")) >= RETRY_SECONDS

    def _ask(self, api_version: str) -> dict[str, Resource]:
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            answer = self._transport.json("GET", path)
        except NotFound:
            return {}
        return resources(api_version, answer.get("resources") or [])


def plural(kind: str) -> str:
    """Return the plural guessed from a kind's name, by the rule of Kubernetes' own libraries."""
    singular = kind.lower()
    if singular.endswith("y"):
        return f"{singular[:-1]}ies"
    return f"{singular}es" if singular.endswith("s") else f"{singular}s"


def resources(api_version: str, entries: list[dict[str, Any]]) -> dict[str, Resource]:
    """Turn the ``resources`` of an APIResourceList into records by kind, with their subresources."""
    below: dict[str, list[str]] = {}
    for entry in entries:
        plural, _, subresource = str(entry["name"]).partition("/")
        if subresource:
            below.setdefault(plural, []).append(subresource)
    return {
        str(entry["kind"]): Resource(
            api_version=api_version,
            kind=str(entry["kind"]),
            plural=str(entry["name"]),
            namespaced=bool(entry.get("namespaced")),
            short_names=tuple(entry.get("shortNames") or ()),
            subresources=tuple(below.get(str(entry["name"]), ())),
            verbs=tuple(entry.get("verbs") or ()),
        )
        for entry in entries
        if "/" not in str(entry["name"])
    }
