"""Environments that get new versions without a promotion: their gates would not be evaluated."""

from __future__ import annotations

from pkgops.errors import PkgopsError, RefusedError
from pkgops.flows import owners, versions
from pkgops.flows.ports import Ports
from pkgops.flows.render import Rendered
from pkgops.flows.target import Target
from pkgops.settings import EnvironmentSetting
from pkgops.settings.gates import bad


def check_first(first: EnvironmentSetting) -> None:
    """Refuse gates of the first environment: no promotion has it as its target.

    Raises:
        UsageError: it has some; names where they are configured.
    """
    if first.gates:
        raise bad(
            first.gates[0].place,
            f"the gates of {first.name} would not be evaluated: delivery starts there, without a promotion",
            next=f"leave them out, or put an environment before {first.name}",
        )


def check_delivery(setting: EnvironmentSetting) -> None:
    """Refuse to let an environment with gates follow a version range.

    Raises:
        RefusedError: it has some.
    """
    if setting.gates:
        raise RefusedError(
            f"{setting.name} has gates, which a delivery does not evaluate: {_names(setting)}",
            why="it would follow the newest version, whatever their verdict",
            next=f"pkgops promote --to {setting.name}",
            slug="gates",
        )


def check_followers(target: Target, rendered: Rendered, ports: Ports) -> None:
    """Refuse to build a version that environments with gates would install by themselves.

    Whether one would is read from its cluster; where that is unknown it is reported, and not refused.

    Raises:
        RefusedError: one does.
    """
    for setting in target.settings.environments[1:]:
        if not setting.gates:
            continue
        try:
            follows = _follows(target, rendered, setting)
        except PkgopsError as error:
            ports.note(
                f"unknown whether {setting.name} gets the newest version without its gates: {error.summary}"
            )
            continue
        if follows:
            raise RefusedError(
                f"{setting.name} follows the newest version, and its gates would not be evaluated: "
                f"{_names(setting)}",
                why=f"what is built now would be installed in {setting.name} at once",
                next=f"pkgops promote --to {setting.name} pins it to one version",
                slug="gates",
            )


def _follows(target: Target, rendered: Rendered, setting: EnvironmentSetting) -> bool:
    name = str(rendered.deliverable(target.settings.deliverable)["metadata"]["name"])
    present = target.clusters.of(setting).find(owners.API, "Deliverable", name, setting.namespace)
    return present is not None and not versions.is_exact(owners.pin_of(present))


def _names(setting: EnvironmentSetting) -> str:
    return ", ".join(gate.name for gate in setting.gates)
