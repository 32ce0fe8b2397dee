"""The stages of a run, their status and what they produced."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pkgops.model.causes import CauseCode
from pkgops.model.objects import Condition, ObjectRef
from pkgops.model.states import State
from pkgops.values import Value, made, replace

CHAIN = "supply-chain"
"""The scope of the supply chain's stages; every other scope is the name of an environment."""


class Output(Value, kw_only=True):
    """What a stage produced last; empty fields were not produced.

    ``revision`` is as Flux writes it (``branch@sha1:hex``), ``image`` a digest reference,
    ``version`` a package version, ``tag`` an image tag, ``url`` the address that it serves on.
    """

    revision: str = ""
    image: str = ""
    version: str = ""
    tag: str = ""
    url: str = ""

    def __bool__(self) -> bool:
        """True when anything was produced."""
        return bool(self.revision or self.image or self.version or self.tag or self.url)


class StageStatus(Value, kw_only=True):
    """The status of a stage: read from the object that reports it, refined by other objects.

    ``waits_for`` describes what it waits for; ``code`` is set where a cause is known, ``condition`` is
    the one that the state was read from, ``container`` the container whose log has more. ``since`` is when
    the present state began and ``until`` when the work ended. ``current`` is false for a stage that has not
    worked on its newest inputs yet.
    """

    state: State = State.UNKNOWN
    reason: str = ""
    message: str = ""
    waits_for: str = ""
    code: CauseCode | None = None
    condition: Condition | None = None
    container: str = ""
    since: datetime | None = None
    until: datetime | None = None
    current: bool = True
    output: Output = made(default_factory=Output)

    def replaced_by(self, other: StageStatus) -> StageStatus:
        """The other status with the output of this one, and without an end."""
        return replace(other, since=other.since or self.since, until=None, output=self.output)

    def unread(self, gap: StageStatus) -> StageStatus:
        """This status as unknown because of a kind that cannot be read; the output is kept."""
        return replace(gap, since=self.since, until=None, waits_for="", output=self.output)


class Stage(Value, kw_only=True):
    """One stage of a run: a resource of the blueprint, or what runs because of it (``serve``).

    ``name`` is the resource's name in the blueprint and unique within its scope; ``scope`` is
    :data:`CHAIN` or the environment's name. ``object`` is the stamped object, ``leaf`` the deepest
    object that the status was read from (a pod, say). ``revision`` is the source revision of the stage's
    *inputs*, so a stage whose ``revision`` differs from the run's has not worked on that commit yet.
    ``still`` is the other revision that a stage has instead of the one that is followed, or its package
    version where the commit is unknown; empty where it has the one that is followed, or nothing is known.
    """

    name: str
    scope: str
    title: str
    tool: str = ""
    object: ObjectRef | None = None
    leaf: ObjectRef | None = None
    status: StageStatus = StageStatus()
    revision: str = ""
    pods: tuple[ObjectRef, ...] = ()
    still: str = ""

    @property
    def state(self) -> State:
        """The state of its status."""
        return self.status.state

    @property
    def reason(self) -> str:
        """The reason of its state, in CamelCase."""
        return self.status.reason

    @property
    def message(self) -> str:
        """The message of its state."""
        return self.status.message

    @property
    def waits_for(self) -> str:
        """What it waits for, as text."""
        return self.status.waits_for

    @property
    def since(self) -> datetime | None:
        """When its state began."""
        return self.status.since

    @property
    def until(self) -> datetime | None:
        """When its work ended."""
        return self.status.until

    @property
    def current(self) -> bool:
        """Whether it has worked on its newest inputs."""
        return self.status.current

    @property
    def output(self) -> Output:
        """What it produced last."""
        return self.status.output

    def with_status(self, **changes: Any) -> Stage:
        """The same stage with some fields of its status changed."""
        return replace(self, status=replace(self.status, **changes))

    def elapsed(self, now: datetime) -> timedelta | None:
        """How long this stage ran, or has been running; None where its beginning is unknown."""
        return None if self.since is None else max((self.until or now) - self.since, timedelta())
