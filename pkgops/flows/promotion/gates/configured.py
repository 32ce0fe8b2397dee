"""The configured gates of an environment: their types must exist and accept their values."""

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
    """Return the gates of an environment: those of every environment, then the configured ones in their
    order.

    Raises:
        UsageError: a type that does not exist, or a value that a type does not accept; with its position in
            the file.
    """
    taken = {gate.name for gate in ALWAYS}
    for one in setting.gates:
        if one.name in taken:
            raise bad(one.place, f"every environment has the gate {one.name} already")
    return [*ALWAYS, *map(_gate, setting.gates)]


def problems(environments: Iterable[EnvironmentSetting]) -> dict[str, UsageError]:
    """Return the first error in the gates of each environment, by the environment's name."""
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
            f"gate {one.name}: {one.type} cannot be evaluated for a rollback: it has no source environment",
            next="leave out rollback: true",
        )
    try:
        spec = rule.read(one.value)
    except BadSpec as error:
        raise bad(one.place, f"gate {one.name}: {error}") from error
    return Gate(
        name=one.name, type=one.type, rule=rule, spec=spec, overridable=one.overridable, rollback=one.rollback
    )
