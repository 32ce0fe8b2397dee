"""``not-rejected``: nobody has rejected the version for the environment."""

from __future__ import annotations

from pkgops.flows.promotion import decided, decisions
from pkgops.flows.promotion.decided import Decided
from pkgops.flows.promotion.gates.rule import Case, Rule, State, Verdict

Seen = tuple[Decided, str, str]
"""The decisions, the version, and the environment."""


def judge(_: object, seen: Seen) -> Verdict:
    """Say whether a version is rejected; what cannot be read may be a rejection."""
    found, version, environment = seen
    standing = decisions.rejection(found.decisions, version)
    if standing:
        return Verdict(
            State.FAIL,
            f"{version} was rejected by {standing.by}: {standing.reason} (configmap/{standing.name})",
            f"pkgops unreject {version} --to {environment}",
        )
    if found.unreadable:
        names = ", ".join(f"configmap/{name}" for name in found.unreadable)
        return Verdict(
            State.PENDING,
            f"unknown: {names} was edited or is of another form, and may be a rejection",
            "delete it once it is clear what it said",
        )
    return Verdict(State.PASS, f"no rejection of {version} stands")


def look(_: object, case: Case) -> Seen:
    """Read the decisions of the environment that would change."""
    return decided.read(case.place()), case.after.version, case.setting.name


RULE = Rule(lambda value: value, judge, look, again=True)
