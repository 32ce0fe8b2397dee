"""Which buildpacks of a group participate: their requires are matched with their provides. Pure.

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
    """One section of a buildpack's plan; an optional buildpack may be left out only in its last section."""

    buildpack: Buildpack
    optional: bool
    provides: tuple[str, ...]
    requires: tuple[Table, ...]


@dataclass(slots=True)
class _Dependency:
    """The providers and requires of one name in a trial.

    Attributes:
        providers: the buildpacks that provide it.
        requires: the requires for them.
        early: those that require it where none before provides it.
        extra: those that provide it where none after requires it.
    """

    providers: list[Buildpack] = field(default_factory=list)
    requires: list[Table] = field(default_factory=list)
    early: list[_Option] = field(default_factory=list)
    extra: list[_Option] = field(default_factory=list)


def resolve(
    passed: Sequence[tuple[Buildpack, Table]], on_line: Callable[[str], None]
) -> tuple[list[Buildpack], Plan] | None:
    """Return the participating buildpacks and the build plan; None where the plans do not match.

    Args:
        passed: the buildpacks of a group that pass detection, in order, each with its plan.
        on_line: called with the reason why a buildpack is left out or a group fails.
    """
    for trial in itertools.product(*(_options(*one) for one in passed)):
        found = _tried(trial, on_line)
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


def _tried(trial: Sequence[_Option], on_line: Callable[[str], None]) -> tuple[list[Buildpack], Plan] | None:
    while True:
        needs = _dependencies(trial)
        unmet = [
            *((one, f"requires {name}") for name, need in needs.items() for one in need.early),
            *((one, f"provides unused {name}") for name, need in needs.items() for one in need.extra),
        ]
        for option, why in unmet:
            on_line(f"{'skip' if option.optional else 'fail'}: {option.buildpack} {why}")
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
