"""Compare two package versions, by the registry and by the live objects of an environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pkgops.errors import PkgopsError, PreflightError, UsageError
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import contents, live
from pkgops.flows.promotion.compare import Contents, Difference, compare
from pkgops.flows.target import Target
from pkgops.settings import EnvironmentSetting, Settings

Read = Callable[[Settings, str], Contents]
"""A way to read the contents of a version."""


def keeping(read: Read) -> Read:
    """Return a function that reads each version once."""
    kept: dict[str, Contents] = {}

    def found(settings: Settings, version: str) -> Contents:
        if version not in kept:
            kept[version] = read(settings, version)
        return kept[version]

    return found


def between(
    settings: Settings, before: str, after: str, environment: str = "", read: Read = contents.of_version
) -> Difference:
    """Compare two package versions; ``before`` is empty for none, else what ``environment`` runs, if named.

    Raises:
        UsageError: the registry has no such version; names the nearest.
        PreflightError: the registry no longer has the version that the environment runs.
    """
    new = read(settings, after)
    try:
        old = new if before == after else read(settings, before) if before else Contents()
    except UsageError as error:
        if not environment or error.slug != "unknown-version":
            raise
        raise PreflightError(
            f"the registry no longer has {before}, which {environment} runs, so what would change is unknown",
            why=error.why,
            next=f"pkgops diff --from-version A --to-version {after}",
            slug="version-gone",
        ) from error
    return compare(old, new)


def with_live(
    target: Target, setting: EnvironmentSetting, difference: Difference, read: Read, ports: Ports
) -> Difference:
    """Return a difference with what kapp would change of the live objects, or why that is unknown."""
    if not difference.before:
        return replace(difference, not_live=f"nothing is installed in {setting.name}")
    try:
        new = read(target.settings, difference.after)
        found = live.changes(target.clusters.of(setting), setting.namespace, new, ports.now)
    except PkgopsError as error:
        return replace(difference, not_live=error.summary)
    return replace(difference, objects=found, live=True)
