"""What one activity of a run does, and what it came to."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pkgops.model.objects import ObjectRef
from pkgops.values import Value


class State(StrEnum):
    """What one activity is doing, as far as its objects tell."""

    DONE = "done"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """What a whole run has come to.

    ``stale`` means that everything says success, and yet what was built last is not what is delivered.
    ``absent`` means that there is nothing to look at (never applied, or cleaned up).
    """

    READY = "ready"
    WORKING = "working"
    WAITING = "waiting"
    FAILED = "failed"
    STALE = "stale"
    UNKNOWN = "unknown"
    ABSENT = "absent"


class Output(Value):
    """What an activity produced last; empty fields were not produced.

    ``revision`` is as Flux writes it (``branch@sha1:hex``), ``image`` a digest reference,
    ``version`` a package version, ``tag`` an image tag, ``url`` an address that answers.
    """

    revision: str = ""
    image: str = ""
    version: str = ""
    tag: str = ""
    url: str = ""

    def __bool__(self) -> bool:
        """True when anything was produced."""
        return bool(self.revision or self.image or self.version or self.tag or self.url)


class Stage(Value):
    """One activity of a run: a resource of the blueprint, or what follows from it (``serve``).

    ``name`` is the resource's name in the blueprint and unique within its part; ``part`` is
    ``supply-chain`` or the environment's name. ``object`` is the stamped object, ``leaf`` the deepest
    object that tells the state (a pod, say). ``since`` is when the present state began and ``until``
    when the work ended. ``revision`` is the source revision that this activity's *inputs* carry, so
    a stage whose ``revision`` differs from the run's has not seen that commit yet. ``still`` is what a
    stage carries instead of what is followed: the revision of another commit, or a package version where
    its commit is unknown; empty where it carries what is followed, or nothing is known.
    """

    name: str
    part: str
    title: str
    tool: str = ""
    object: ObjectRef | None = None
    leaf: ObjectRef | None = None
    state: State = State.UNKNOWN
    reason: str = ""
    message: str = ""
    waits_for: str = ""
    since: datetime | None = None
    until: datetime | None = None
    revision: str = ""
    current: bool = True
    output: Output = Output()
    pods: tuple[ObjectRef, ...] = ()
    still: str = ""

    def elapsed(self, now: datetime) -> timedelta | None:
        """How long this activity ran, or has been running; None where its beginning is unknown."""
        return None if self.since is None else max((self.until or now) - self.since, timedelta())
