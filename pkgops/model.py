"""The shared vocabulary: frozen dataclasses without I/O, clocks or third-party imports."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pkgops.values import Value, made


class ObjectRef(Value):
    """The identity of one Kubernetes object; ``namespace`` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @classmethod
    def of(cls, obj: dict[str, Any]) -> ObjectRef:
        """Return the reference of a whole object."""
        meta = obj.get("metadata", {})
        return cls(
            obj.get("apiVersion", ""), obj.get("kind", ""), meta.get("namespace", ""), meta.get("name", "")
        )

    @property
    def group(self) -> str:
        """The API group; empty for core kinds."""
        return self.api_version.rpartition("/")[0]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Group, kind, namespace, name: equal for every served version of the same object."""
        return self.group, self.kind, self.namespace, self.name

    def __str__(self) -> str:
        """``kind/name`` in the form that kubectl takes, without the namespace."""
        return f"{self.kind.lower()}/{self.name}"


class Condition(Value):
    """One entry of ``status.conditions``; ``since`` is its lastTransitionTime where the kind has one."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    since: datetime | None = None

    def __str__(self) -> str:
        """``Type=Status Reason: message`` as people write it."""
        text = f"{self.type}={self.status}"
        text += f" {self.reason}" if self.reason else ""
        return f"{text}: {self.message}" if self.message else text


class ImageRef(Value):
    """An image reference as somebody wrote it: nothing is judged and nothing filled in.

    ``name`` is the repository, with its registry where one is written; ``tag`` and ``digest`` may be empty.
    A reference that a registry can be asked for is :class:`pkgops.oci.ImageRef`.
    """

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> ImageRef:
        """Split ``registry/repo:tag@sha256:hex``; a port is not a tag."""
        name, _, digest = text.strip().partition("@")
        head, slash, tail = name.rpartition("/")
        tail, _, tag = tail.partition(":")
        return cls(head + slash + tail, tag, digest)

    def __str__(self) -> str:
        """The reference as registries and tools take it."""
        text = f"{self.name}:{self.tag}" if self.tag else self.name
        return f"{text}@{self.digest}" if self.digest else text


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


class Evidence(Value):
    """One fact behind a verdict: ``kind`` is condition, event, exit-code, log, digest or field."""

    kind: str
    object: ObjectRef | None
    text: str


class CauseCode(StrEnum):
    """The typed causes that pkgops names; stable, for scripts. Documented in ``docs/why.md``."""

    STALE_PACKAGE = "stale-package"
    STALE_DEPLOYMENT = "stale-deployment"
    GENERATION_FIGHT = "generation-fight"
    SERVICE_ACCOUNT_MISSING = "service-account-missing"
    FORBIDDEN = "forbidden"
    TASK_MISSING = "task-missing"
    TASK_AMBIGUOUS = "task-ambiguous"
    RUN_TEMPLATE_MISSING = "run-template-missing"
    TEMPLATE_MISSING = "template-missing"
    TEMPLATE_ERROR = "template-error"
    TEMPLATE_REJECTED = "template-rejected"
    OUTPUT_MISSING = "output-missing"
    TEMPORARY_ERROR = "temporary-error"
    NO_LABELS = "no-labels"
    NO_BLUEPRINT = "no-blueprint"
    SEVERAL_BLUEPRINTS = "several-blueprints"
    BLUEPRINT_NOT_READY = "blueprint-not-ready"
    GIT_BRANCH_MISSING = "git-branch-missing"
    GIT_AUTHENTICATION = "git-authentication"
    GIT_SECRET_MISSING = "git-secret-missing"  # noqa: S105 - the name of a cause, not a secret
    GIT_UNREACHABLE = "git-unreachable"
    GIT_FAILED = "git-failed"
    SUSPENDED = "suspended"
    TEST_FAILED = "test-failed"
    TASK_FAILED = "task-failed"
    RUN_CANCELLED = "run-cancelled"
    RUN_TIMEOUT = "run-timeout"
    RUN_INVALID = "run-invalid"
    INIT_CONTAINER_FAILED = "init-container-failed"
    OUT_OF_MEMORY = "out-of-memory"
    BUILDER_MISSING = "builder-missing"
    BUILDER_NOT_READY = "builder-not-ready"
    BUILD_FAILED = "build-failed"
    SOURCE_NOT_RESOLVED = "source-not-resolved"
    IMAGE_PULL = "image-pull"
    CONTAINER_CONFIG = "container-config"
    CRASH_LOOP = "crash-loop"
    MOUNT_WAITING = "mount-waiting"
    UNSCHEDULABLE = "unschedulable"
    QUOTA = "quota"
    POD_REJECTED = "pod-rejected"
    VOLUME_UNBOUND = "volume-unbound"
    REGISTRY_NOT_FOUND = "registry-not-found"
    REGISTRY_UNAUTHORIZED = "registry-unauthorized"
    REGISTRY_FAILED = "registry-failed"
    NO_TAG_IN_RANGE = "no-tag-in-range"
    VERSION_EMPTY = "version-empty"
    POLICY_INVALID = "policy-invalid"
    REPOSITORY_MISSING = "repository-missing"
    REPOSITORY_PAUSED = "repository-paused"
    REPOSITORY_FAILED = "repository-failed"
    INSTALL_PAUSED = "install-paused"
    PACKAGE_NOT_FOUND = "package-not-found"
    VERSION_NOT_FOUND = "version-not-found"
    DOWNGRADE_REFUSED = "downgrade-refused"
    INSTALL_FAILED = "install-failed"
    ANNOTATION_IMMUTABLE = "annotation-immutable"
    REVISION_FAILED = "revision-failed"
    NO_NETWORKING_LAYER = "no-networking-layer"
    CONTROLLER_SILENT = "controller-silent"
    NOT_NOTICED = "not-noticed"
    MAY_NOT_READ = "may-not-read"
    NOT_REACHABLE = "not-reachable"
    NOT_LISTED = "not-listed"
    DELETING = "deleting"
    FAILED = "failed"
    WAITING = "waiting"


class Blockage(Value):
    """Why a run does not go on: one sentence, the object, a typed code, facts, the next command.

    ``state`` is failed where somebody must act, waiting where time or another stage may solve it, unknown
    where what would tell cannot be read.
    ``since`` is how long its condition has stood, where no stage tells that.
    """

    code: CauseCode
    cause: str
    object: ObjectRef | None
    stage: str = ""
    part: str = ""
    state: State = State.FAILED
    evidence: tuple[Evidence, ...] = ()
    next: str = ""
    since: datetime | None = None


class Unreadable(Value):
    """A kind that cannot be read in a namespace (empty: cluster-scoped), so nothing is known of its objects.

    ``code`` is MAY_NOT_READ, NOT_REACHABLE or NOT_LISTED, ``sentence`` says why in words.
    """

    api_version: str
    kind: str
    namespace: str
    code: CauseCode
    sentence: str

    @property
    def key(self) -> tuple[str, str, str]:
        """Group, kind, namespace: equal for every served version of the kind."""
        return self.api_version.rpartition("/")[0], self.kind, self.namespace


UNREADABLE = frozenset({CauseCode.MAY_NOT_READ, CauseCode.NOT_REACHABLE, CauseCode.NOT_LISTED})
"""The codes of what is not known because it cannot be read."""


class Environment(Value):
    """One environment of a delivery and what it runs.

    ``version`` is the installed package version, ``image`` the digest reference that the ready pod runs,
    ``revision`` the source revision that image was built from (empty where unknown), ``pinned`` the
    exact version it is held at (empty while it follows). ``stale`` compares ``image`` with the image
    built last. ``package`` is the package bundle that it fetched last, by digest. ``pending`` while
    Cartographer has not taken up its present spec. ``pin_known`` is false where what would tell whether
    it is pinned cannot be read.
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
    pending: bool = False
    pin_known: bool = True


class Snapshot(Value):
    """Everything known about one workload and its environments at one moment.

    ``revision`` is the newest source revision that the run has seen, ``image`` the app image built last
    and ``image_revision`` what that image was built from. ``blockages`` has the deepest cause first.
    ``pending`` are the parts (``supply-chain``, names of environments) whose present spec Cartographer
    has not taken up yet.
    ``unreadable`` is every kind that would have been read and could not be.
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


class Match(StrEnum):
    """How a hop holds: the digests are equal, they differ, or one of them is not known."""

    SAME = "same"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


class ProvenanceStep(Value):
    """One step of the way back. ``compared`` are the two values, ``source`` where the second is from.

    ``unreadable`` where it is unknown because something cannot be read, which ``note`` says.
    """

    name: str
    object: ObjectRef | None
    value: str
    match: Match
    compared: tuple[str, str] = ("", "")
    source: str = ""
    note: str = ""
    unreadable: bool = False


class ImageChain(Value):
    """The hops from a pod (or an image) to a commit, in order."""

    environment: str
    image: str
    hops: tuple[ProvenanceStep, ...]

    @property
    def match(self) -> Match:
        """The worst of its hops."""
        found = {hop.match for hop in self.hops}
        if Match.DIFFERS in found:
            return Match.DIFFERS
        return Match.UNKNOWN if Match.UNKNOWN in found or not found else Match.SAME


class Event(Value):
    """One thing that happened while a command ran, for boards, lines and ``--progress json``.

    ``type`` is one of target, note, stage, blocked, done; ``stage`` is always set, empty only for
    what concerns the whole run. ``data`` holds plain JSON values.
    """

    time: datetime
    type: str
    message: str
    stage: str = ""
    part: str = ""
    state: State | None = None
    object: ObjectRef | None = None
    data: dict[str, Any] = made(default_factory=dict)
