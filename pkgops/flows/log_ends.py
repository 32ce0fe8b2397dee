"""The logs of the containers on a page: the last lines of all, or one that is followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.flows.clusters import Clusters
from pkgops.flows.record import cleaned
from pkgops.kube import Invalid, NotFound
from pkgops.model import Container, StageObjects

LINES = 100
CONTAINERS = 60
"""At most so many logs are read: each is a request."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The last lines of one container; ``unknown`` is the reason for missing lines."""

    container: Container
    lines: tuple[str, ...] = ()
    unknown: str = ""


def of_stages(clusters: Clusters, objects: Mapping[tuple[str, str], StageObjects]) -> Iterator[LogEnd]:
    """Yield the end of the log of each container of some stages."""
    found = [container for one in objects.values() for container in one.containers]
    known = {(one.pod.key, one.name): one for one in found}
    for container in list(known.values())[:CONTAINERS]:
        yield _end(clusters, container)


def follow(clusters: Clusters, namespace: str, pod: str, container: str, tail: int) -> Iterator[str]:
    """Yield the last lines of a log, without user names and passwords in URLs, and new lines as they are
    written.

    Raises:
        PkgopsError: it cannot be read, or the connection broke off.
    """
    client = clusters.of_namespace(namespace)
    for line in client.logs(namespace, pod, container, follow=True, tail=tail):
        yield str(cleaned(line))


def _end(clusters: Clusters, container: Container) -> LogEnd:
    pod = container.pod
    client = clusters.of_namespace(pod.namespace)
    try:
        return LogEnd(container, tuple(client.logs(pod.namespace, pod.name, container.name, tail=LINES)))
    except (NotFound, Invalid):
        return LogEnd(container, unknown="the pod or its log is gone")
    except PkgopsError as error:
        return LogEnd(container, unknown=error.summary)
