"""Which workload a command means: by its name, by a part of it, or because there is only one."""

from __future__ import annotations

from pkgops.errors import UsageError
from pkgops.flows.nearest import unknown
from pkgops.kube import Client

API = "carto.run/v1alpha1"
FILES = (".yaml", ".yml")
"""How files of configuration end."""


def names(client: Client, namespace: str) -> list[str]:
    """Return the names of the workloads in a namespace, sorted; empty where the kind is not served."""
    if not client.serves(API, "Workload"):
        return []
    return sorted(str(item["metadata"]["name"]) for item in client.list(API, "Workload", namespace).items)


def choose(known: list[str], given: str | None, configured: str, namespace: str) -> str:
    """Return the workload that is meant.

    Args:
        known: the names that exist.
        given: what the person said: a name, or the beginning of one (``hello-go``).
        configured: ``workload.name`` of the configuration, taken where several exist.
        namespace: where they are, for the error.

    Raises:
        UsageError: no such name, a beginning of several, or none given where there are several.
    """
    place = f"in namespace {namespace}"
    if given:
        return _by_name(known, given, place)
    if configured in known or not known:
        return configured
    if len(known) == 1:
        return known[0]
    raise UsageError(
        f"there are several workloads {place}",
        why=", ".join(known),
        next="name one of them",
        slug="several-workloads",
    )


def _by_name(known: list[str], given: str, place: str) -> str:
    if given in known:
        return given
    begun = [name for name in known if name.startswith(given)]
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise UsageError(
            f"{given!r} is the beginning of several workloads {place}",
            why=", ".join(begun),
            next="write the whole name",
            slug="several-workloads",
        )
    if given.endswith(FILES):
        raise UsageError(
            f"{given} is a file, and not a workload {place}",
            next=f"name a configuration file with --file {given}",
            slug="unknown-workload",
        )
    raise unknown("workload", given, known, place)
