"""The gates of an environment as they are configured: types that exist, with values that they take."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pkgops.errors import UsageError
from pkgops.flows.promotion import ungated
from pkgops.flows.promotion.gates.rule import BadSpec, Gate
from pkgops.flows.promotion.gates.types import ALWAYS, TYPES
from pkgops.settings import EnvironmentSetting, GateSetting
from pkgops.settings.gates import bad


def gates(setting: EnvironmentSetting) -> list[Gate]:
    """Return the gates of an environment: those that each one has, then its own in their order.

    Raises:
        UsageError: a type that does not exist, or a value that a type does not take; with its place.
    """
    taken = {gate.name for gate in ALWAYS}
    for one in setting.gates:
        if one.name in taken:
            raise bad(one.place, f"every environment has the gate {one.name} without naming it")
    return [*ALWAYS, *map(_gate, setting.gates)]


def problems(environments: Iterable[EnvironmentSetting]) -> dict[str, UsageError]:
    """Return what is wrong with the gates of environments, by their names: of each the first that is."""
    found = {}
    for number, one in enumerate(environments):
        try:
            if not number:
                ungated.check_first(one)
            gates(one)
        except UsageError as error:
            found[one.name] = error
    return found


def _gate(one: GateSetting) -> Gate:
    rule = TYPES.get(one.type)
    if rule is None:
        near = get_close_matches(one.type, list(TYPES), n=3, cutoff=0.4)
        raise bad(
            one.place,
            f"there is no type of gate {one.type!r}; there are: {', '.join(sorted(TYPES))}",
            next=f"did you mean {' or '.join(near)}?" if near else "choose one of these",
        )
    if one.rollback and rule.of_source:
        raise bad(
            one.place,
            f"gate {one.name}: a rollback cannot pass {one.type}, since its version comes from nowhere else",
            next="leave out rollback: true",
        )
    try:
        spec = rule.read(one.value)
    except BadSpec as error:
        raise bad(one.place, f"gate {one.name}: {error}") from error
    return Gate(
        name=one.name, type=one.type, rule=rule, spec=spec, overridable=one.overridable, rollback=one.rollback
    )
