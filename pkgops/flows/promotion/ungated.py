"""Environments that take what is built without a promotion: their gates are not evaluated."""

from __future__ import annotations

from pkgops.errors import PkgopsError, RefusedError
from pkgops.flows import owners, versions
from pkgops.flows.ports import Ports
from pkgops.flows.render import Rendered
from pkgops.flows.target import Target
from pkgops.settings import EnvironmentSetting
from pkgops.settings.gates import bad


def check_first(first: EnvironmentSetting) -> None:
    """Refuse gates of the first environment: no promotion leads to it.

    Raises:
        UsageError: it has some; names where they are configured.
    """
    if first.gates:
        raise bad(
            first.gates[0].place,
            f"nobody would ask the gates of {first.name}: delivery starts there, without a promotion",
            next=f"leave them out, or put an environment before {first.name}",
        )


def check_delivery(setting: EnvironmentSetting) -> None:
    """Refuse to let an environment follow that has gates.

    Raises:
        RefusedError: it has some.
    """
    if setting.gates:
        raise RefusedError(
            f"{setting.name} has gates, which a delivery does not ask: {_names(setting)}",
            why="it would follow the newest version, whatever they say of it",
            next=f"pkgops promote --to {setting.name}",
            slug="gates",
        )


def check_followers(target: Target, rendered: Rendered, ports: Ports) -> None:
    """Refuse to make a version that environments with gates would take by themselves.

    Whether one does is asked of its cluster; where that is not known it is reported, and no reason to refuse.

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
                f"unknown whether {setting.name} follows the newest version past its gates: {error.summary}"
            )
            continue
        if follows:
            raise RefusedError(
                f"{setting.name} follows the newest version, and has gates that would not be asked of it: "
                f"{_names(setting)}",
                why=f"what is built now would come to {setting.name} at once",
                next=f"pkgops promote --to {setting.name} holds it at one version",
                slug="gates",
            )


def _follows(target: Target, rendered: Rendered, setting: EnvironmentSetting) -> bool:
    name = str(rendered.deliverable(target.settings.deliverable)["metadata"]["name"])
    present = target.clusters.of(setting).find(owners.API, "Deliverable", name, setting.namespace)
    return present is not None and not versions.is_exact(owners.pin_of(present))


def _names(setting: EnvironmentSetting) -> str:
    return ", ".join(gate.name for gate in setting.gates)
