"""``not-rejected``: the version has not been rejected for the environment."""

from __future__ import annotations

from pkgops.flows.promotion import decided, decisions
from pkgops.flows.promotion.decided import Decided
from pkgops.flows.promotion.gates.rule import Case, Rule, State, Verdict

Facts = tuple[Decided, str, str]
"""The decisions, the version, and the environment."""


def judge(_: object, seen: Facts) -> Verdict:
    """Return whether a version is rejected; a decision that cannot be read may be a rejection."""
    found, version, environment = seen
    standing = decisions.rejection(found.decisions, version)
    if standing:
        return Verdict(
            state=State.FAIL,
            evidence=f"{version} was rejected by {standing.by}: {standing.reason} "
            f"(configmap/{standing.name})",
            remedy=f"pkgops unreject {version} --to {environment}",
        )
    if found.unreadable:
        names = ", ".join(f"configmap/{name}" for name in found.unreadable)
        return Verdict(
            state=State.PENDING,
            evidence=f"unknown: {names} was edited or is of another format, and may be a rejection",
            remedy="delete it once it is clear what it was",
        )
    return Verdict(state=State.PASS, evidence=f"no rejection of {version} is in effect")


def gather(_: object, case: Case) -> Facts:
    """Read the decisions of the environment that would change."""
    return decided.read(case.place()), case.after.version, case.setting.name


RULE = Rule(read=lambda value: value, judge=judge, gather=gather)
