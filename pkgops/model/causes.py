"""Why a run makes no progress: cause codes, evidence, and what could not be read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pkgops.model.objects import ObjectRef
from pkgops.model.states import State
from pkgops.values import Value


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
    FIELD_IMMUTABLE = "field-immutable"
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
    POD_LOST = "pod-lost"
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
    SANDBOX_FAILED = "sandbox-failed"
    NOT_ANSWERING = "not-answering"
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
    NOT_SERVED = "not-served"
    DELETING = "deleting"
    FAILED = "failed"
    WAITING = "waiting"


class NextStep(Value, kw_only=True):
    """The objects that the next command names, in addition to those of the cause.

    ``reconcile`` is an object whose controller reconciles it on request; ``run_failed`` where a run has
    failed that can be started again.
    """

    workload: str = ""
    namespace: str = ""
    pod: str = ""
    url: str = ""
    builder: str = ""
    reconcile: ObjectRef | None = None
    run_failed: bool = False


class Blockage(Value, kw_only=True):
    """Why a run makes no progress: one sentence, the object, a typed code, facts, the next command.

    ``next`` is one command, worded above the pipeline from ``code`` and ``step``. ``again`` is the one
    that starts a failed run again, where that is another.
    ``state`` is failed where the user must act, waiting where time or another stage may solve it, unknown
    where an object that it depends on cannot be read.
    ``since`` is when its condition changed last, where no stage has that time.
    """

    code: CauseCode
    cause: str
    object: ObjectRef | None
    stage: str = ""
    scope: str = ""
    state: State = State.FAILED
    evidence: tuple[Evidence, ...] = ()
    step: NextStep = NextStep()
    next: str = ""
    again: str = ""
    since: datetime | None = None

    @property
    def is_shown(self) -> bool:
        """Whether it is shown in addition to the stages: it has failed, or no stage reports it."""
        return self.state is State.FAILED or (self.state is State.WAITING and self.code in NOT_IN_STAGES)


class Unreadable(Value, kw_only=True):
    """A kind that cannot be read in a namespace (empty: cluster-scoped), so its objects are unknown.

    ``code`` is MAY_NOT_READ, NOT_REACHABLE, NOT_LISTED or NOT_SERVED, ``sentence`` is why.
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


UNREADABLE = frozenset(
    {CauseCode.MAY_NOT_READ, CauseCode.NOT_REACHABLE, CauseCode.NOT_LISTED, CauseCode.NOT_SERVED}
)
"""The codes of a kind that cannot be read."""

NOT_IN_STAGES = frozenset({CauseCode.MOUNT_WAITING, CauseCode.SANDBOX_FAILED, CauseCode.NOT_ANSWERING})
"""The codes that no stage reports: only events and logs show them."""
