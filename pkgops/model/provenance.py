"""The provenance of a running image: the steps back to its commit."""

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
    """One step back to the commit. ``compared`` are the two values, ``source`` the origin of the second.

    ``unreadable`` is the code of a kind that cannot be read, where that is why the step is unknown; ``note``
    describes it.
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
