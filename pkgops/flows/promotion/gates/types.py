"""The types of gates: the one place where a new one is added."""

from __future__ import annotations

from pkgops.flows.promotion.gates import healthy, labels
from pkgops.flows.promotion.gates.rule import Gate, Rule

TYPES: dict[str, Rule] = {
    "labels": labels.RULE,
    "annotations": labels.ANNOTATIONS,
}
"""What may stand in ``gates`` of an environment, by the key that names it there."""

ALWAYS: tuple[Gate, ...] = (Gate("healthy", "healthy", healthy.RULE),)
"""Gates that every environment has without naming them."""
