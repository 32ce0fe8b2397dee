"""The path of a version: from one of ``pkgops.environments`` to the next, in their order."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.errors import UsageError
from pkgops.flows.did_you_mean import unknown
from pkgops.settings import EnvironmentSetting


def setting(environments: Sequence[EnvironmentSetting], name: str) -> EnvironmentSetting:
    """Return the environment of this name.

    Raises:
        UsageError: there is no such environment; the message contains the most similar name.
    """
    known = {one.name: one for one in environments}
    if name not in known:
        raise unknown("environment", name, list(known), "in pkgops.environments")
    return known[name]


def source(environments: Sequence[EnvironmentSetting], to: str, named: str = "") -> EnvironmentSetting:
    """Return the environment that a version is promoted from: the one before, or the named one.

    Raises:
        UsageError: no such environment; the first one has none before it; one named as its own source.
    """
    destination = setting(environments, to)
    place = environments.index(destination)
    if place == 0:
        raise UsageError(
            f"{to} is where delivery starts, so nothing can be promoted to it",
            next=f"pkgops deliver --to {to}",
            slug="promote-to-first",
        )
    if not named:
        return environments[place - 1]
    found = setting(environments, named)
    if found == destination:
        raise UsageError(
            f"{to} cannot be promoted to itself",
            next=f"leave out --from: the version then comes from {environments[place - 1].name}",
            slug="promote-to-itself",
        )
    return found
