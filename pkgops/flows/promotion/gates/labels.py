"""``labels`` and ``annotations``: those that the package must have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pkgops.errors import StepFailed
from pkgops.flows.promotion import contents
from pkgops.flows.promotion.gates.rule import BadSpec, Case, Rule, State, Verdict

Labels = Mapping[str, str | None]
"""Each key with its value; None for any value."""


def _read(value: Any) -> Labels:
    if not isinstance(value, Mapping) or not value:
        raise BadSpec("must be a map of keys and values; without a value any value is accepted")
    return {str(key): None if wanted is None else _text(wanted) for key, wanted in value.items()}


def _text(value: Any) -> str:
    # As in a manifest, where these are texts: true is written "true" there.
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list):
        raise BadSpec("its values must be texts")
    return str(value)


def _judging(section: str) -> Callable[[Labels, Mapping[str, str]], Verdict]:
    def judge(wanted: Labels, carried: Mapping[str, str]) -> Verdict:
        """Compare the required labels or annotations with those of a package."""
        wrong = list(_wrong(wanted, carried))
        if not wrong:
            listed = ", ".join(f"{key}={carried[key]}" for key in wanted)
            return Verdict(state=State.PASS, evidence=f"the package has {listed}")
        return Verdict(
            state=State.FAIL,
            evidence=f"{section} of the package: {'; '.join(wrong)}",
            remedy=f"build a package whose metadata.{section} has them",
        )

    return judge


def _wrong(wanted: Labels, carried: Mapping[str, str]) -> Iterator[str]:
    for key, value in wanted.items():
        if key not in carried:
            yield f"{key} is missing"
        elif value is not None and carried[key] != value:
            yield f"{key} is {carried[key]}, not {value}"


def _gathering(section: str) -> Callable[[Labels, Case], dict[str, str]]:
    def gather(_: Labels, case: Case) -> dict[str, str]:
        """Read the Package from the registry; copies in a cluster could have been edited."""
        version = case.after.version
        version_contents = contents.of_version(case.target.settings, version)
        for obj in version_contents.package:
            if obj.get("kind") == "Package":
                carried = (obj.get("metadata") or {}).get(section) or {}
                return {str(key): str(value) for key, value in carried.items()}
        raise StepFailed(
            f"the bundle of {version} has no Package",
            next=f"pkgops diff --to {case.setting.name} --version {version}",
            slug="no-package",
        )

    return gather


RULE = Rule(read=_read, judge=_judging("labels"), gather=_gathering("labels"))
ANNOTATIONS = Rule(read=_read, judge=_judging("annotations"), gather=_gathering("annotations"))
