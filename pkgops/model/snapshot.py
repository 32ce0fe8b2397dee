"""The state of a workload and its environments at one moment, and the events of a command."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pkgops.model.causes import Blockage, Unreadable
from pkgops.model.objects import ObjectRef
from pkgops.model.stages import Stage
from pkgops.model.states import State, Verdict
from pkgops.values import Value, made


class Behind(Value):
    """How far an environment is behind ``environment``, the one before it in the path of a version.

    ``versions`` counts those that are newer than its own, up to the one that runs there; None where that is
    not known. ``since`` is when the other one replaced the version that this one runs, None where not known.
    """

    environment: str
    versions: int | None = None
    since: datetime | None = None


class Environment(Value, kw_only=True):
    """One environment of a delivery and what it runs.

    ``version`` is the installed package version, ``image`` the digest reference that the ready pod runs,
    ``revision`` the source revision that image was built from (empty where unknown), ``pinned`` the
    exact version it is pinned to (empty while it follows a range). ``stale`` compares ``image`` with the
    image built last. ``package`` is the package bundle that it fetched last, by digest, and ``ops`` the ops
    bundle that its App installs. ``pending`` while Cartographer has not observed its present generation.
    ``pin_known`` is false where the object with the pin cannot be read. ``behind`` is None
    where nothing is delivered to an environment before it. ``serves`` is false once it is known that nothing
    that was delivered is an application.
    """

    name: str
    namespace: str
    owner: ObjectRef | None = None
    stages: tuple[Stage, ...] = ()
    verdict: Verdict = Verdict.UNKNOWN
    version: str = ""
    image: str = ""
    revision: str = ""
    pinned: str = ""
    url: str = ""
    note: str = ""
    stale: bool = False
    package: str = ""
    ops: str = ""
    pending: bool = False
    pin_known: bool = True
    behind: Behind | None = None
    serves: bool = True


class Snapshot(Value, kw_only=True):
    """The state of one workload and its environments at one moment.

    ``revision`` is the newest source revision that the run has read, ``image`` the app image built last
    and ``image_revision`` what that image was built from. ``blockages`` has the deepest cause first.
    ``pending`` are the scopes (``supply-chain``, names of environments) whose present generation Cartographer
    has not observed yet.
    ``unreadable`` are the kinds that could not be read.
    """

    taken_at: datetime
    workload: ObjectRef | None
    blueprint: ObjectRef | None = None
    stages: tuple[Stage, ...] = ()
    environments: tuple[Environment, ...] = ()
    verdict: Verdict = Verdict.UNKNOWN
    revision: str = ""
    image: str = ""
    image_revision: str = ""
    package: str = ""
    blockages: tuple[Blockage, ...] = ()
    pending: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @property
    def blockage(self) -> Blockage | None:
        """The deepest cause, or None where nothing blocks."""
        return self.blockages[0] if self.blockages else None

    @property
    def all_stages(self) -> tuple[Stage, ...]:
        """The supply chain's stages, then every environment's, in order."""
        return self.stages + tuple(stage for env in self.environments for stage in env.stages)


class Event(Value, kw_only=True):
    """An event while a command runs, for boards, lines and ``--progress json``.

    ``type`` is one of target, note, stage, blocked, failed, log, done; ``stage`` is always set, empty
    only for what concerns the whole run. ``data`` holds plain JSON values.
    """

    time: datetime
    type: str
    message: str
    stage: str = ""
    scope: str = ""
    state: State | None = None
    object: ObjectRef | None = None
    data: dict[str, Any] = made(default_factory=dict)
