"""Select workloads of the configuration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkgops.errors import UsageError
from pkgops.settings import Settings

if TYPE_CHECKING:
    from pkgops.flows.target import Target


def chosen(settings: Settings, names: Sequence[str]) -> list[str]:
    """Return the selected workloads, each once: those named, else all that the configuration lists.

    A listed name may be shortened to its beginning; one that is not listed is searched on the cluster.
    """
    listed = [entry.name for entry in settings.workloads]
    return list(dict.fromkeys(_whole(name, listed) for name in names or listed))


def _whole(name: str, listed: Sequence[str]) -> str:
    begun = [one for one in listed if one.startswith(name)]
    return begun[0] if len(begun) == 1 and name not in listed else name


def check_one(settings: Settings, name: str | None) -> None:
    """Make sure that a command about one workload has one.

    Raises:
        UsageError: none is named, and the configuration lists several.
    """
    listed = [entry.name for entry in settings.workloads]
    if not name and listed:
        raise _several(listed, "name one of them")


def of_folder(settings: Settings, folder: Path) -> Settings:
    """Return the settings of the workload whose source a folder is, where several are listed.

    Raises:
        UsageError: it is the source of none.
    """
    found = [(entry.name, settings.for_workload(entry.name)) for entry in settings.workloads]
    if not found:
        return settings
    for _, own in found:
        if own.source is not None and own.source.resolve() == folder.resolve():
            return own
    sources = [f"{name}: {own.source or 'no source'}" for name, own in found]
    raise _several(sources, f"name the folder of one of them; {folder} is the source of none")


def _several(listed: Sequence[str], step: str) -> UsageError:
    return UsageError(
        "the configuration lists several workloads",
        why=", ".join(listed),
        next=step,
        slug="several-workloads",
    )


def on_the_cluster(target: Target, name: str) -> Target:
    """Return the target with the values of a workload that the configuration does not list."""
    if not name or name in [entry.name for entry in target.settings.workloads]:
        return target
    from pkgops.flows.read_snapshot import name_of

    return target.of_workload(name_of(target, name))
