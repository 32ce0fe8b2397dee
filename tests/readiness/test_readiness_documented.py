"""Failures that were not recorded, as the components' references word them (hand-written objects)."""

# The tables hold messages verbatim.
# ruff: noqa: E501

from __future__ import annotations

import pytest

from pkgops.model import CauseCode, State
from pkgops.readiness import readiness

GIT = "source.toolkit.fluxcd.io/v1", "GitRepository"
SCAN = "image.toolkit.fluxcd.io/v1", "ImageRepository"
POLICY = "image.toolkit.fluxcd.io/v1", "ImagePolicy"
RUN = "tekton.dev/v1", "TaskRun"
RUNNABLE = "carto.run/v1alpha1", "Runnable"
WORKLOAD = "carto.run/v1alpha1", "Workload"
IMAGE = "kpack.io/v1alpha2", "Image"
BUILD = "kpack.io/v1alpha2", "Build"
BUILDER = "kpack.io/v1alpha2", "ClusterBuilder"
INSTALL = "packaging.carvel.dev/v1alpha1", "PackageInstall"
REPOSITORY = "packaging.carvel.dev/v1alpha1", "PackageRepository"
APP = "kappctrl.k14s.io/v1alpha1", "App"
REVISION = "serving.knative.dev/v1", "Revision"
SERVICE = "serving.knative.dev/v1", "Service"
POD = "v1", "Pod"


def obj(kind, *conditions, spec=None, generation=1, **status):
    api_version, name = kind
    body = {
        "apiVersion": api_version,
        "kind": name,
        "metadata": {
            "name": "x",
            "namespace": "default",
            "generation": generation,
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": spec or {},
        "status": {
            "conditions": [
                dict(zip(("type", "status", "reason", "message"), c, strict=True)) for c in conditions
            ],
            **status,
        },
    }
    if name not in ("TaskRun", "Pod"):
        body["status"].setdefault("observedGeneration", generation)
    return body


def false(kind, reason, message, type="Ready", **rest):
    return obj(kind, (type, "False", reason, message), **rest)


def failed(kind, message, **rest):
    return obj(kind, ("ReconcileFailed", "True", "", message), **rest)


DONE = [{"terminated": {"exitCode": 0, "reason": "Completed"}}, {"waiting": {"reason": "PodInitializing"}}]
LOST = {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}
BROKEN = {"terminated": {"exitCode": 51, "reason": "Error"}}

IMMUTABLE = (
    'admission webhook "validation.webhook.kpack.io" denied the request: validation failed: Immutable field '
    "changed: spec.tag",
    'Deployment.apps "web" is invalid: spec.selector: Invalid value: v1.LabelSelector{}: field is immutable',
    'ConfigMap "web" is invalid: data: Forbidden: field is immutable when `immutable` is set',
    'StatefulSet.apps "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than '
    "'replicas' are forbidden",
    'PersistentVolumeClaim "web" is invalid: spec: Forbidden: spec is immutable after creation',
    "validation failed: invalid value: Once the TaskRun has started, only status updates are allowed",
)
CASES = [
    (
        false(
            GIT,
            "GitOperationFailed",
            'failed to checkout and determine revision: unable to clone: couldn\'t find remote ref "refs/heads/nope"',
        ),
        State.FAILED,
        CauseCode.GIT_BRANCH_MISSING,
    ),
    (
        false(
            GIT,
            "GitOperationFailed",
            "failed to checkout and determine revision: unable to clone: reference not found",
        ),
        State.FAILED,
        CauseCode.GIT_BRANCH_MISSING,
    ),
    (
        false(
            GIT,
            "GitOperationFailed",
            "failed to checkout and determine revision: authentication required: Unauthorized",
        ),
        State.FAILED,
        CauseCode.GIT_AUTHENTICATION,
    ),
    (
        false(GIT, "AuthenticationFailed", "failed to get secret 'default/git': secrets \"git\" not found"),
        State.FAILED,
        CauseCode.GIT_SECRET_MISSING,
    ),
    (
        false(GIT, "GitOperationFailed", "dial tcp 10.0.0.1:443: connect: connection refused"),
        State.FAILED,
        CauseCode.GIT_UNREACHABLE,
    ),
    (false(GIT, "EmptyGitRepository", "git repository is empty"), State.FAILED, CauseCode.GIT_FAILED),
    (obj(GIT, spec={"suspend": True}), State.WAITING, CauseCode.SUSPENDED),
    (
        obj(
            GIT,
            ("Ready", "True", "Succeeded", ""),
            spec={"suspend": True},
            artifact={"revision": "main@sha1:" + "a" * 40},
        ),
        State.DONE,
        CauseCode.SUSPENDED,
    ),
    (
        false(
            SCAN,
            "ReadOperationFailed",
            "scan failed: GET https://r/v2/x/tags/list: UNAUTHORIZED: authentication required",
        ),
        State.FAILED,
        CauseCode.REGISTRY_UNAUTHORIZED,
    ),
    (
        false(
            SCAN,
            "ReadOperationFailed",
            'scan failed: Get "https://r/v2/": x509: certificate signed by unknown authority',
        ),
        State.FAILED,
        CauseCode.REGISTRY_FAILED,
    ),
    (
        false(
            SCAN, "AuthenticationFailed", 'failed to configure authentication options: secrets "x" not found'
        ),
        State.FAILED,
        CauseCode.REGISTRY_UNAUTHORIZED,
    ),
    (
        obj(
            SCAN,
            ("Ready", "True", "Succeeded", "successful scan: found 0 tags"),
            lastScanResult={"tagCount": 0},
        ),
        State.WAITING,
        CauseCode.REGISTRY_NOT_FOUND,
    ),
    (
        false(POLICY, "Failure", "unable to determine latest version from provided list"),
        State.FAILED,
        CauseCode.NO_TAG_IN_RANGE,
    ),
    (
        false(POLICY, "Failure", "version list argument cannot be empty"),
        State.FAILED,
        CauseCode.NO_TAG_IN_RANGE,
    ),
    (
        obj(
            POLICY,
            ("Stalled", "True", "InvalidPolicy", "invalid policy: improper constraint"),
            ("Ready", "False", "InvalidPolicy", ""),
        ),
        State.FAILED,
        CauseCode.POLICY_INVALID,
    ),
    (
        false(POLICY, "DependencyNotReady", "failed to get the referred ImageRepository: not found"),
        State.FAILED,
        CauseCode.REPOSITORY_MISSING,
    ),
    (
        obj(
            RUNNABLE,
            (
                "RunTemplateReady",
                "False",
                "TemplateStampFailure",
                "unable to resolve selector [map[a:b]], apiVersion [tekton.dev/v1], kind [Task]: selector did not match any objects",
            ),
        ),
        State.FAILED,
        CauseCode.TASK_MISSING,
    ),
    (
        obj(
            RUNNABLE,
            (
                "RunTemplateReady",
                "False",
                "TemplateStampFailure",
                "unable to resolve selector: selector matched multiple objects",
            ),
        ),
        State.FAILED,
        CauseCode.TASK_AMBIGUOUS,
    ),
    (
        obj(RUNNABLE, ("RunTemplateReady", "False", "RunTemplateNotFound", "unable to get run template [x]")),
        State.FAILED,
        CauseCode.RUN_TEMPLATE_MISSING,
    ),
    (
        obj(
            RUNNABLE,
            ("RunTemplateReady", "False", "ServiceAccountError", "failed to get service account object"),
        ),
        State.FAILED,
        CauseCode.SERVICE_ACCOUNT_MISSING,
    ),
    (
        obj(
            RUNNABLE,
            (
                "RunTemplateReady",
                "False",
                "OutputPathNotSatisfied",
                "waiting to read value from resource [x]",
            ),
        ),
        State.FAILED,
        CauseCode.OUTPUT_MISSING,
    ),
    (
        obj(
            RUNNABLE,
            (
                "RunTemplateReady",
                "False",
                "StampedObjectRejectedByAPIServer",
                "create: taskruns.tekton.dev is forbidden: User cannot create",
            ),
        ),
        State.FAILED,
        CauseCode.FORBIDDEN,
    ),
    (
        obj(RUN, ("Succeeded", "False", "TaskRunImagePullFailed", 'the step "x" failed to pull the image')),
        State.FAILED,
        CauseCode.IMAGE_PULL,
    ),
    (
        obj(RUN, ("Succeeded", "False", "TaskRunTimeout", 'failed to finish within "1h0m0s"')),
        State.FAILED,
        CauseCode.RUN_TIMEOUT,
    ),
    (
        obj(RUN, ("Succeeded", "False", "TaskRunCancelled", "was cancelled")),
        State.FAILED,
        CauseCode.RUN_CANCELLED,
    ),
    (
        obj(
            RUN,
            (
                "Succeeded",
                "False",
                "PodCreationFailed",
                'failed to create task run pod: serviceaccounts "x" not found. Maybe missing or invalid Task',
            ),
        ),
        State.FAILED,
        CauseCode.SERVICE_ACCOUNT_MISSING,
    ),
    (
        obj(RUN, ("Succeeded", "False", "StepOOM", '"step-x" exited with code 137: OOMKilled')),
        State.FAILED,
        CauseCode.OUT_OF_MEMORY,
    ),
    (
        obj(RUN, ("Succeeded", "False", "Failed", '"step-x" exited with code 1 (image: "y")')),
        State.FAILED,
        CauseCode.TASK_FAILED,
    ),
    (
        obj(RUN, ("Succeeded", "False", "Failed", "build failed for unspecified reasons.")),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        obj(RUN, ("Succeeded", "False", "Failed", "The node was low on resource: ephemeral-storage.")),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        obj(RUN, ("Succeeded", "False", "PodEvicted", "The node was low on resource: memory.")),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        obj(
            RUN, ("Succeeded", "False", "StepFailed", '"step-x" exited with code 137: ContainerStatusUnknown')
        ),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        obj(RUN, ("Succeeded", "False", "StepFailed", '"step-x" exited with code 255: Unknown')),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        obj(RUN, ("Succeeded", "False", "StepFailed", '"step-x" exited with code 255: Error')),
        State.FAILED,
        CauseCode.TASK_FAILED,
    ),
    (
        obj(
            RUN,
            (
                "Succeeded",
                "False",
                "Failed",
                '"step-x" exited because the step exceeded the specified timeout limit',
            ),
        ),
        State.FAILED,
        CauseCode.TASK_FAILED,
    ),
    (
        obj(
            RUN,
            (
                "Succeeded",
                "False",
                "Failed",
                "Pod was active on the node longer than the specified deadline",
            ),
        ),
        State.FAILED,
        CauseCode.RUN_TIMEOUT,
    ),
    (
        obj(
            RUN,
            (
                "Succeeded",
                "False",
                "Failed",
                "Pod was rejected: Node didn't have enough resource: cpu, requested: 1, used: 2, capacity: 2",
            ),
        ),
        State.FAILED,
        CauseCode.POD_REJECTED,
    ),
    (
        obj(
            RUN,
            (
                "Succeeded",
                "Unknown",
                "ExceededResourceQuota",
                "TaskRun Pod exceeded available resources: exceeded quota",
            ),
        ),
        State.WAITING,
        CauseCode.QUOTA,
    ),
    (
        obj(
            RUN, ("Succeeded", "Unknown", "ExceededNodeResources", "TaskRun Pod exceeded available resources")
        ),
        State.WAITING,
        CauseCode.UNSCHEDULABLE,
    ),
    (
        false(IMAGE, "BuilderNotFound", "Error: Unable to find builder 'b' in namespace 'default'."),
        State.FAILED,
        CauseCode.BUILDER_MISSING,
    ),
    (
        false(
            IMAGE,
            "BuilderNotReady",
            "Error: Builder 'b' is not ready in namespace 'default'; Message: Builder has no latestImage",
        ),
        State.FAILED,
        CauseCode.BUILDER_NOT_READY,
    ),
    (
        false(BUILD, "Failed", 'Error verifying write access to "r/x": UNAUTHORIZED', type="Succeeded"),
        State.FAILED,
        CauseCode.REGISTRY_UNAUTHORIZED,
    ),
    (
        false(BUILD, "Evicted", "The node was low on resource: memory.", type="Succeeded", stepStates=DONE),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        false(BUILD, "Failed", "", type="Succeeded", stepStates=[*DONE, LOST]),
        State.FAILED,
        CauseCode.POD_LOST,
    ),
    (
        false(BUILD, "Failed", "", type="Succeeded", stepStates=[*DONE, BROKEN]),
        State.FAILED,
        CauseCode.BUILD_FAILED,
    ),
    (
        false(BUILD, "Failed", "Error: it does not compile", type="Succeeded", stepStates=DONE),
        State.FAILED,
        CauseCode.BUILD_FAILED,
    ),
    (
        false(BUILD, "Failed", "", type="Succeeded"),
        State.FAILED,
        CauseCode.BUILD_FAILED,
    ),
    (
        obj(BUILD, ("Succeeded", "Unknown", "ImagePullBackOff", 'Back-off pulling image "b"')),
        State.WAITING,
        CauseCode.IMAGE_PULL,
    ),
    (
        obj(
            BUILDER,
            ("Ready", "False", "NoLatestImage", "Builder has no latestImage"),
            ("UpToDate", "False", "ReconcileFailed", "stack s is not ready"),
        ),
        State.FAILED,
        CauseCode.BUILDER_NOT_READY,
    ),
    (
        failed(
            INSTALL,
            "Expected to find at least one version, but did not (details: all=2 -> after-constraints-filter=0)",
        ),
        State.FAILED,
        CauseCode.VERSION_NOT_FOUND,
    ),
    (
        failed(
            INSTALL,
            "Stopped installing matched version '0.1.1' since last attempted version '0.1.2' is higher.",
        ),
        State.FAILED,
        CauseCode.DOWNGRADE_REFUSED,
    ),
    (obj(INSTALL, spec={"paused": True}), State.WAITING, CauseCode.INSTALL_PAUSED),
    (
        obj(REPOSITORY, spec={"paused": True}, friendlyDescription="Paused"),
        State.WAITING,
        CauseCode.REPOSITORY_PAUSED,
    ),
    (
        failed(
            REPOSITORY,
            "Fetching resources: Error (see .status.usefulErrorMessage for details)",
            usefulErrorMessage="vendir: Error: Syncing directory '0': Imgpkg: MANIFEST_UNKNOWN",
        ),
        State.FAILED,
        CauseCode.REGISTRY_NOT_FOUND,
    ),
    (
        failed(
            REPOSITORY, "Invalid package repository content: must contain 'packages/' directory but did not"
        ),
        State.FAILED,
        CauseCode.REPOSITORY_FAILED,
    ),
    (
        failed(
            APP,
            "Deploying: Error",
            usefulErrorMessage="kapp: Error: admission webhook denied the request: annotation value is immutable: metadata.annotations.serving.knative.dev/creator",
        ),
        State.FAILED,
        CauseCode.ANNOTATION_IMMUTABLE,
    ),
    (
        failed(APP, 'Preparing kapp: Getting service account: serviceaccounts "x" not found'),
        State.FAILED,
        CauseCode.SERVICE_ACCOUNT_MISSING,
    ),
    (
        failed(
            APP,
            "Deploying: Error",
            usefulErrorMessage='services is forbidden: User "system:serviceaccount:a:b" cannot create resource',
        ),
        State.FAILED,
        CauseCode.FORBIDDEN,
    ),
    (
        obj(
            REVISION,
            ("Ready", "False", "ExitCode1", "Container failed with: boom"),
            ("ContainerHealthy", "False", "ExitCode1", "Container failed with: boom"),
        ),
        State.FAILED,
        CauseCode.REVISION_FAILED,
    ),
    (
        obj(
            REVISION,
            ("Ready", "False", "ContainerMissing", ""),
            ("ContainerHealthy", "False", "ContainerMissing", 'Unable to fetch image "i"'),
        ),
        State.FAILED,
        CauseCode.IMAGE_PULL,
    ),
    (
        obj(
            REVISION,
            ("Ready", "False", "Unschedulable", ""),
            ("ResourcesAvailable", "False", "Unschedulable", "0/1 nodes"),
        ),
        State.FAILED,
        CauseCode.UNSCHEDULABLE,
    ),
    (
        obj(SERVICE, ("Ready", "False", "RevisionFailed", 'Revision "x-00001" failed with message: boom.')),
        State.FAILED,
        CauseCode.REVISION_FAILED,
    ),
    (
        obj(
            WORKLOAD,
            ("Ready", "False", "WorkloadLabelsMissing", "workload has no labels to match to supply chain"),
        ),
        State.FAILED,
        CauseCode.NO_LABELS,
    ),
    (
        obj(WORKLOAD, ("Ready", "False", "SupplyChainNotFound", "no supply chain found")),
        State.FAILED,
        CauseCode.NO_BLUEPRINT,
    ),
    (
        obj(
            WORKLOAD,
            (
                "Ready",
                "False",
                "MultipleSupplyChainMatches",
                "workload may only match a single supply chain's selector",
            ),
        ),
        State.FAILED,
        CauseCode.SEVERAL_BLUEPRINTS,
    ),
    (
        obj(WORKLOAD, ("Ready", "False", "TemplateRejectedByAPIServer", "unable to apply object")),
        State.FAILED,
        CauseCode.TEMPLATE_REJECTED,
    ),
    (
        obj(
            RUNNABLE,
            (
                "RunTemplateReady",
                "False",
                "StampedObjectRejectedByAPIServer",
                "unable to apply object: spec.data: Forbidden: may not be set",
            ),
        ),
        State.FAILED,
        CauseCode.TEMPLATE_REJECTED,
    ),
    *(
        (
            obj(
                WORKLOAD,
                ("Ready", "False", "TemplateRejectedByAPIServer", f"unable to apply object: {words}"),
            ),
            State.FAILED,
            CauseCode.FIELD_IMMUTABLE,
        )
        for words in IMMUTABLE
    ),
    (
        obj(
            POD,
            ("PodScheduled", "False", "Unschedulable", "0/1 nodes are available: insufficient cpu"),
            phase="Pending",
        ),
        State.WAITING,
        CauseCode.UNSCHEDULABLE,
    ),
    (
        obj(
            POD,
            ("PodScheduled", "False", "Unschedulable", 'persistentvolumeclaim "x" not found'),
            phase="Pending",
        ),
        State.WAITING,
        CauseCode.VOLUME_UNBOUND,
    ),
    (
        obj(
            POD,
            phase="Running",
            containerStatuses=[{"name": "app", "state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
        ),
        State.WAITING,
        CauseCode.CRASH_LOOP,
    ),
    (
        obj(
            POD,
            phase="Pending",
            containerStatuses=[
                {"name": "app", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off"}}}
            ],
        ),
        State.WAITING,
        CauseCode.IMAGE_PULL,
    ),
    (
        obj(
            POD,
            phase="Failed",
            containerStatuses=[
                {"name": "app", "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}
            ],
        ),
        State.FAILED,
        CauseCode.OUT_OF_MEMORY,
    ),
]


@pytest.mark.parametrize(("found", "state", "code"), CASES)
def test_documented(found, state, code):
    reading = readiness(found)
    assert (reading.state, reading.code) == (state, code)


@pytest.mark.parametrize(
    "kind", [GIT, SCAN, POLICY, RUNNABLE, WORKLOAD, IMAGE, INSTALL, REPOSITORY, APP, REVISION, SERVICE]
)
def test_ready_of_an_earlier_generation_does_not_count(kind):
    """A spec that its controller has not looked at yet is never done, whatever the status still says."""
    ready = (
        ("ReconcileSucceeded", "True", "", "")
        if kind in (INSTALL, REPOSITORY, APP)
        else ("Ready", "True", "Ready", "")
    )
    found = readiness(obj(kind, ready, generation=2, observedGeneration=1))
    assert (found.state, found.reason) == (State.WAITING, "NotObserved")


def test_skipped_steps_are_consequences():
    run = obj(
        RUN,
        ("Succeeded", "False", "StepFailed", ""),
        steps=[
            {"name": "a", "container": "step-a", "terminated": {"exitCode": 2}, "terminationReason": "Error"},
            {
                "name": "b",
                "container": "step-b",
                "terminated": {"exitCode": 1},
                "terminationReason": "Skipped",
            },
        ],
    )
    assert readiness(run).container == "step-a"


def test_any_other_kind_follows_the_conventions():
    kind = "example.com/v1", "Thing"
    assert readiness(obj(kind, ("Ready", "False", "Bad", "no"))).state is State.FAILED
    assert readiness(obj(kind, ("Ready", "True", "Good", ""))).state is State.DONE
    assert readiness(obj(kind, ("Odd", "True", "", ""))).state is State.UNKNOWN
