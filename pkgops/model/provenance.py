"""The way back from a running image to its commit."""

from __future__ import annotations

from enum import StrEnum

from pkgops.model.causes import CauseCode
from pkgops.model.objects import ObjectRef
from pkgops.values import Value


class Match(StrEnum):
    """The result of a step: the digests are equal, they differ, or one of them is not known."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class ProvenanceStep(Value, kw_only=True):
    """One step of the way back. ``compared`` are the two values, ``source`` where the second is from.

    ``unreadable`` is the code of what cannot be read, where that is why it is unknown; ``note`` says it.
    """

    name: str
    object: ObjectRef | None
    value: str
    match: Match
    compared: tuple[str, str] = ("", "")
    source: str = ""
    note: str = ""
    unreadable: CauseCode | None = None


class ImageChain(Value):
    """The steps from a pod (or an image) to a commit, in order."""

    environment: str
    image: str
    steps: tuple[ProvenanceStep, ...]

    @property
    def match(self) -> Match:
        """The worst of its steps."""
        found = {step.match for step in self.steps}
        if Match.DIFFERS in found:
            return Match.DIFFERS
        return Match.UNKNOWN if Match.UNKNOWN in found or not found else Match.SAME
