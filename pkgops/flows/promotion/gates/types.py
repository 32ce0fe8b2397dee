"""The types of gates: the one place where a new one is added."""

from __future__ import annotations

from pkgops.flows.promotion.gates import (
    approval,
    command,
    healthy,
    labels,
    rejected,
    soak,
    verified,
    window,
)
from pkgops.flows.promotion.gates.rule import Gate, Rule

TYPES: dict[str, Rule] = {
    "soak": soak.RULE,
    "approval": approval.RULE,
    "window": window.RULE,
    "command": command.RULE,
    "labels": labels.RULE,
    "annotations": labels.ANNOTATIONS,
    "verified": verified.RULE,
}
"""The rules that ``gates`` of an environment may name, by their keys."""

ALWAYS: tuple[Gate, ...] = (
    Gate(name="healthy", type="healthy", rule=healthy.RULE),
    Gate(name="not-rejected", type="not-rejected", rule=rejected.RULE, overridable=False, rollback=True),
)
"""Gates that every environment has without configuration."""
