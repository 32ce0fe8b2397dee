"""Decisions on the cluster of their environment: read, and written."""

from __future__ import annotations

from dataclasses import dataclass

from pkgops.flows.promotion import decisions
from pkgops.flows.promotion.decisions import LABEL, Decision
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.recordmap import listed


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of a workload's versions in an environment.

    Attributes:
        decisions: the oldest first.
        unreadable: ConfigMaps with the label of a decision that do not contain one, of any workload.
    """

    decisions: tuple[Decision, ...] = ()
    unreadable: tuple[str, ...] = ()


def read(place: Place) -> Decided:
    """Return the decisions of a workload in an environment.

    Raises:
        ApiError: they cannot be read.
    """
    found, unreadable = listed(place.client, place.namespace, LABEL, decisions.parse)
    mine = [one for one in found if one.workload == place.workload]
    return Decided(tuple(decisions.in_order(mine)), tuple(sorted(unreadable)))


def write(place: Place, decision: Decision) -> None:
    """Write a decision into the namespace of its environment.

    Raises:
        ApiError: it cannot be written, for example since this user may not.
    """
    place.client.create(decisions.config_map(decision, place.namespace))
