"""Which buildpacks of a group take part: what they require is matched with what they provide. Pure.

Source: buildpacks/lifecycle ``phase/detector.go``.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pkgops.lifecycle.buildpacks_on_disk import Buildpack
from pkgops.lifecycle.tables import Table

Plan = list[Table]


@dataclass(frozen=True, slots=True)
class _Option:
    """One section of a buildpack's plan; with the last one only, an optional buildpack may be left out."""

    buildpack: Buildpack
    optional: bool
    provides: tuple[str, ...]
    requires: tuple[Table, ...]


@dataclass(slots=True)
class _Dependency:
    """What a trial says of one name.

    Attributes:
        providers: those that are asked for it.
        requires: what is asked of them.
        early: who asks for it where none before provides it.
        extra: who provides it where none after asks for it.
    """

    providers: list[Buildpack] = field(default_factory=list)
    requires: list[Table] = field(default_factory=list)
    early: list[_Option] = field(default_factory=list)
    extra: list[_Option] = field(default_factory=list)


def resolve(
    passed: Sequence[tuple[Buildpack, Table]], say: Callable[[str], None]
) -> tuple[list[Buildpack], Plan] | None:
    """Return who takes part, with the build plan; None where the plans do not go together.

    Args:
        passed: the buildpacks of a group that claim the source, in order, each with its plan.
        say: told why a buildpack is left out or a group fails.
    """
    for trial in itertools.product(*(_options(*one) for one in passed)):
        found = _tried(trial, say)
        if found is not None:
            return found
    return None


def _options(buildpack: Buildpack, plan: Table) -> list[_Option]:
    sections = [plan, *plan.get("or", [])]
    return [
        _Option(
            buildpack,
            buildpack.optional and section is sections[-1],
            tuple(entry.get("name", "") for entry in section.get("provides", [])),
            tuple(section.get("requires", [])),
        )
        for section in sections
    ]


def _tried(trial: Sequence[_Option], say: Callable[[str], None]) -> tuple[list[Buildpack], Plan] | None:
    while True:
        needs = _dependencies(trial)
        unmet = [
            *((one, f"requires {name}") for name, need in needs.items() for one in need.early),
            *((one, f"provides unused {name}") for name, need in needs.items() for one in need.extra),
        ]
        for option, why in unmet:
            say(f"{'skip' if option.optional else 'fail'}: {option.buildpack} {why}")
            if not option.optional:
                return None
        if not unmet:
            break
        left_out = [option for option, _ in unmet]
        trial = [option for option in trial if option not in left_out]
    if not trial:
        return None
    plan = [
        {
            "providers": [{"id": one.id, "version": one.version} for one in need.providers],
            "requires": need.requires,
        }
        for _, need in sorted(needs.items())
    ]
    return [option.buildpack for option in trial], plan


def _dependencies(trial: Iterable[_Option]) -> dict[str, _Dependency]:
    found: dict[str, _Dependency] = {}
    for option in trial:
        for name in option.provides:
            found.setdefault(name, _Dependency()).extra.append(option)
        for require in option.requires:
            need = found.setdefault(require.get("name", ""), _Dependency())
            need.providers += [one.buildpack for one in need.extra]
            need.extra = []
            if need.providers:
                need.requires.append(require)
            else:
                need.early.append(option)
    return found
