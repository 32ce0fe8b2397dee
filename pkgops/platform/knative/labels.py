"""The labels and annotations of Knative Serving."""

from __future__ import annotations

from typing import Any

from pkgops.kube import Obj

API = "serving.knative.dev/v1"
GROUP = "serving.knative.dev"

CREATOR = f"{GROUP}/creator"
MODIFIER = f"{GROUP}/lastModifier"
ROUTES = f"{GROUP}/routes"
ROUTE = f"{GROUP}/route"
ROUTING_STATE = f"{GROUP}/routingState"
ROUTING_STATE_MODIFIED = f"{GROUP}/routingStateModified"
ROLLOUT_DURATION = (f"{GROUP}/rollout-duration", f"{GROUP}/rolloutDuration")
PROGRESS_DEADLINE = (f"{GROUP}/progress-deadline", f"{GROUP}/progressDeadline")
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

SERVICE, SERVICE_UID = f"{GROUP}/service", f"{GROUP}/serviceUID"
CONFIGURATION, CONFIGURATION_UID = f"{GROUP}/configuration", f"{GROUP}/configurationUID"
CONFIGURATION_GENERATION = f"{GROUP}/configurationGeneration"
REVISION, REVISION_UID = f"{GROUP}/revision", f"{GROUP}/revisionUID"

MIN_SCALE = ("autoscaling.knative.dev/min-scale", "autoscaling.knative.dev/minScale")
INITIAL_SCALE = ("autoscaling.knative.dev/initial-scale", "autoscaling.knative.dev/initialScale")
MAX_SCALE = ("autoscaling.knative.dev/max-scale", "autoscaling.knative.dev/maxScale")
ACTIVATION_SCALE = ("autoscaling.knative.dev/activation-scale", "autoscaling.knative.dev/activationScale")
CLASS = ("autoscaling.knative.dev/class",)
METRIC = "autoscaling.knative.dev/metric"
WINDOW = "autoscaling.knative.dev/window"
TARGET = ("autoscaling.knative.dev/target",)
ALGORITHM = (
    "autoscaling.knative.dev/metric-aggregation-algorithm",
    "autoscaling.knative.dev/metricAggregationAlgorithm",
)
PANIC_WINDOW = (
    "autoscaling.knative.dev/panic-window-percentage",
    "autoscaling.knative.dev/panicWindowPercentage",
)
PANIC_THRESHOLD = (
    "autoscaling.knative.dev/panic-threshold-percentage",
    "autoscaling.knative.dev/panicThresholdPercentage",
)
SCALE_DOWN_DELAY = ("autoscaling.knative.dev/scale-down-delay", "autoscaling.knative.dev/scaleDownDelay")
RETENTION = (
    "autoscaling.knative.dev/scale-to-zero-pod-retention-period",
    "autoscaling.knative.dev/scaleToZeroPodRetentionPeriod",
)
BURST_CAPACITY = (
    "autoscaling.knative.dev/target-burst-capacity",
    "autoscaling.knative.dev/targetBurstCapacity",
)
TARGET_UTILIZATION = (
    "autoscaling.knative.dev/target-utilization-percentage",
    "autoscaling.knative.dev/targetUtilizationPercentage",
)
SIDECAR_PERCENTAGE = (
    "queue.sidecar.serving.knative.dev/resource-percentage",
    "queue.sidecar.serving.knative.dev/resourcePercentage",
)
SIDECAR_RESOURCES = tuple(
    f"queue.sidecar.serving.knative.dev/{name}-resource-{bound}"
    for name in ("cpu", "memory", "ephemeral-storage")
    for bound in ("request", "limit")
)

VISIBILITY, CLUSTER_LOCAL = "networking.knative.dev/visibility", "cluster-local"


def is_cluster_local(obj: Obj) -> bool:
    """Return whether a Service or Route is exposed inside the cluster only."""
    return labels_of(obj).get(VISIBILITY) == CLUSTER_LOCAL


def meta(obj: Obj) -> dict[str, Any]:
    """Return an object's metadata."""
    return dict(obj["metadata"])


def labels_of(obj: Obj) -> dict[str, str]:
    """Return an object's labels."""
    return dict(obj["metadata"].get("labels") or {})


def annotations_of(obj: Obj) -> dict[str, str]:
    """Return an object's annotations."""
    return dict(obj["metadata"].get("annotations") or {})


def key_of(pairs: dict[str, str], keys: tuple[str, ...]) -> str:
    """Return the first of several spellings of a key that is set; empty if none is."""
    return next((key for key in keys if key in pairs), "")


def first(pairs: dict[str, str], keys: tuple[str, ...]) -> str:
    """Return the value of the first of several spellings of a key that is set; empty if none is."""
    return pairs.get(key_of(pairs, keys), "")


def not_owned(kind: str, name: str) -> str:
    """Return the message about an existing object with another owner."""
    return f'There is an existing {kind} "{name}" that we do not own.'
