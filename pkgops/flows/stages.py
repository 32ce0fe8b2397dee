"""Select stages: by the resource's name in the blueprint, by title, or by a short name."""

from __future__ import annotations

from collections.abc import Sequence

from pkgops.flows.did_you_mean import unknown
from pkgops.model import Stage

SHORT = {
    "fetch": "Fetch source",
    "test": "Test source",
    "build": "Build image",
    "config": "Generate configuration",
    "push": "Publish package",
    "detect": "Detect packages",
    "choose": "Choose version",
    "install": "Install package",
    "serve": "Serve application",
}
"""Short names of the titles, the same in every command; ``--help`` of ``--stage`` lists them."""


def named(stages: Sequence[Stage], wanted: str) -> tuple[Stage, ...]:
    """Return the selected stages, in their order: one, or one for each environment; all without a name.

    Raises:
        UsageError: there is no such stage; the message contains the most similar name.
    """
    matches = matching(stages, wanted)
    if not matches:
        known = dict.fromkeys([*(stage.name for stage in stages), *SHORT])
        raise unknown("stage", wanted, list(known), "in this run")
    return matches


def matching(stages: Sequence[Stage], wanted: str) -> tuple[Stage, ...]:
    """Return the same, and an empty tuple where there is none (yet).

    The name of a resource takes precedence over a short name, and that over a title. The stamped kind of a
    stage, and so its title, is known only once it was stamped; until then a short name in the resource's name
    counts.
    """
    if not wanted:
        return tuple(stages)
    word = wanted.lower()
    title = SHORT.get(word, word.replace("-", " ")).lower()
    tries = (
        lambda one: one.name == wanted,
        lambda one: one.title.lower() == title,
        lambda one: one.object is None and word in SHORT and word in one.name,
    )
    matches = (tuple(filter(fits, stages)) for fits in tries)
    return next(filter(None, matches), ())
