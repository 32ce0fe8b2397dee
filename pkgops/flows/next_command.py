"""The next command for every typed cause: what a person types to look closer or to go on."""

from __future__ import annotations

from pkgops.model import Blockage, CauseCode, ObjectRef

_RERUN = "pkgops rerun {name} --stage {stage}"

COMMANDS: dict[CauseCode, str] = {
    CauseCode.STALE_PACKAGE: "pkgops doctor",
    CauseCode.STALE_DEPLOYMENT: "pkgops trace {name}",
    CauseCode.GENERATION_FIGHT: "pkgops doctor",
    CauseCode.SERVICE_ACCOUNT_MISSING: "pkgops supplychain up",
    CauseCode.FORBIDDEN: "pkgops doctor",
    CauseCode.TASK_MISSING: "pkgops supplychain up",
    CauseCode.TASK_AMBIGUOUS: "kubectl get tasks -n {ns} --show-labels",
    CauseCode.RUN_TEMPLATE_MISSING: "pkgops supplychain up",
    CauseCode.TEMPLATE_MISSING: "pkgops supplychain up",
    CauseCode.TEMPLATE_ERROR: "pkgops doctor",
    CauseCode.TEMPLATE_REJECTED: "pkgops doctor",
    CauseCode.TEMPORARY_ERROR: "pkgops doctor",
    CauseCode.OUTPUT_MISSING: "pkgops doctor",
    CauseCode.NO_LABELS: "kubectl get {o} -n {ns} --show-labels",
    CauseCode.NO_BLUEPRINT: "pkgops supplychain up",
    CauseCode.SEVERAL_BLUEPRINTS: "kubectl get clustersupplychains,clusterdeliveries",
    CauseCode.BLUEPRINT_NOT_READY: "pkgops supplychain up",
    CauseCode.GIT_BRANCH_MISSING: "git ls-remote {url}",
    CauseCode.GIT_AUTHENTICATION: "git ls-remote {url}",
    CauseCode.GIT_SECRET_MISSING: "kubectl get secrets -n {ns}",
    CauseCode.GIT_UNREACHABLE: "git ls-remote {url}",
    CauseCode.GIT_FAILED: "git ls-remote {url}",
    CauseCode.SUSPENDED: 'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"suspend":false}}}}\'',
    CauseCode.TEST_FAILED: "pkgops logs {name} --stage {stage}",
    CauseCode.TASK_FAILED: "pkgops logs {name} --stage {stage}",
    CauseCode.RUN_CANCELLED: _RERUN,
    CauseCode.POD_LOST: _RERUN,
    CauseCode.RUN_TIMEOUT: _RERUN,
    CauseCode.RUN_INVALID: "pkgops doctor",
    CauseCode.INIT_CONTAINER_FAILED: "kubectl describe pod {pod} -n {ns}",
    CauseCode.OUT_OF_MEMORY: "pkgops logs {name} --stage {stage}",
    CauseCode.BUILDER_MISSING: "kubectl get clusterbuilders,builders -A",
    CauseCode.BUILDER_NOT_READY: "kubectl describe clusterbuilder {builder}",
    CauseCode.BUILD_FAILED: "pkgops logs {name} --stage {stage}",
    CauseCode.SOURCE_NOT_RESOLVED: "kubectl get sourceresolvers -n {ns} -o yaml",
    CauseCode.IMAGE_PULL: "kubectl describe pod {pod} -n {ns}",
    CauseCode.CONTAINER_CONFIG: "kubectl describe pod {pod} -n {ns}",
    CauseCode.CRASH_LOOP: "pkgops logs {name} --stage {stage} --previous",
    CauseCode.MOUNT_WAITING: "kubectl describe {o} -n {ns}",
    CauseCode.NOT_ANSWERING: "pkgops logs {name} --stage {stage}",
    CauseCode.UNSCHEDULABLE: "kubectl describe nodes",
    CauseCode.QUOTA: "kubectl describe resourcequota -n {ns}",
    CauseCode.POD_REJECTED: "kubectl get events -n {ns} --sort-by .lastTimestamp",
    CauseCode.VOLUME_UNBOUND: "kubectl get pvc -n {ns}",
    CauseCode.REGISTRY_NOT_FOUND: "pkgops trace {name}",
    CauseCode.REGISTRY_UNAUTHORIZED: "pkgops doctor",
    CauseCode.REGISTRY_FAILED: "pkgops doctor",
    CauseCode.NO_TAG_IN_RANGE: "kubectl get {o} -n {ns} -o yaml",
    CauseCode.VERSION_EMPTY: "pkgops logs {name} --stage {stage}",
    CauseCode.POLICY_INVALID: "kubectl get {o} -n {ns} -o yaml",
    CauseCode.REPOSITORY_MISSING: "kubectl get imagerepositories -n {ns}",
    CauseCode.REPOSITORY_PAUSED: "pkgops doctor",
    CauseCode.REPOSITORY_FAILED: "pkgops trace {name}",
    CauseCode.INSTALL_PAUSED: 'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"paused":false}}}}\'',
    CauseCode.PACKAGE_NOT_FOUND: "kubectl get packages -n {ns}",
    CauseCode.VERSION_NOT_FOUND: "kubectl get packages -n {ns}",
    CauseCode.DOWNGRADE_REFUSED: "kubectl annotate {o} -n {ns} packaging.carvel.dev/downgradable=",
    CauseCode.INSTALL_FAILED: "kubectl get {o} -n {ns} -o jsonpath='{{.status.usefulErrorMessage}}'",
    CauseCode.ANNOTATION_IMMUTABLE: "pkgops doctor",
    CauseCode.REVISION_FAILED: "pkgops logs {name} --stage {stage}",
    CauseCode.NO_NETWORKING_LAYER: "pkgops open {name}",
    CauseCode.CONTROLLER_SILENT: "pkgops doctor",
    CauseCode.NOT_NOTICED: "{reconcile}",
    CauseCode.MAY_NOT_READ: "pkgops doctor --rbac watch",
    CauseCode.NOT_REACHABLE: "pkgops doctor",
    CauseCode.NOT_LISTED: "",
    CauseCode.NOT_SERVED: "pkgops doctor",
    CauseCode.DELETING: "kubectl get {o} -n {ns} -o yaml",
    CauseCode.FAILED: "kubectl describe {o} -n {ns}",
    CauseCode.WAITING: "kubectl describe {o} -n {ns}",
}


def next_command(cause: Blockage) -> str:
    """The next command; for a run that has failed with the one that starts it again beside it.

    A failed run stays as it is: without a new commit nothing but a new run of the same inputs goes on.
    """
    step, text = cause.step, COMMANDS[cause.code]
    if "{pod}" in text and not step.pod:
        text = "kubectl describe {o} -n {ns}"
    fields = {
        "o": str(cause.object) if cause.object else f"stage {cause.stage}",
        "ns": step.namespace,
        "name": step.workload,
        "stage": cause.stage,
        "pod": step.pod,
        "url": step.url,
        "builder": step.builder,
        "reconcile": _reconcile(step.reconcile),
    }
    first, again = text.format_map(fields).strip(), _RERUN.format_map(fields)
    if not step.run_failed or first == again:
        return first
    if first.startswith("pkgops logs"):
        return f"{first}, or {again} to try the same source again"
    return f"{first}, then {again}"


def _reconcile(ref: ObjectRef | None) -> str:
    """The command that asks a Flux controller to reconcile now; else the one that checks controllers."""
    if ref is None:
        return "pkgops doctor"
    mark = "reconcile.fluxcd.io/requestedAt=$(date +%s)"
    return f"kubectl annotate --overwrite {ref} -n {ref.namespace} {mark}"
