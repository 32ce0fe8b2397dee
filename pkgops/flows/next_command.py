"""The next command for every cause code: for details, or to continue."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pkgops import commandline
from pkgops.model import CHAIN, Blockage, CauseCode, ObjectRef

_RERUN = "pkgops rerun {name} --stage {stage}{within}"
_LOGS = "pkgops logs {name} --stage {stage}{within}"
_DESCRIBE = "kubectl describe {o} -n {ns}"
_OTHERWISE = "pkgops doctor"
"""The command where the object of a command is not known."""

_INSTALL = "pkgops supplychain up"

COMMANDS: dict[CauseCode, str] = {
    CauseCode.STALE_PACKAGE: "pkgops doctor",
    CauseCode.STALE_DEPLOYMENT: "pkgops trace {name}",
    CauseCode.GENERATION_FIGHT: "pkgops doctor",
    CauseCode.SERVICE_ACCOUNT_MISSING: _INSTALL,
    CauseCode.FORBIDDEN: "pkgops doctor",
    CauseCode.TASK_MISSING: _INSTALL,
    CauseCode.TASK_AMBIGUOUS: "kubectl get tasks -n {ns} --show-labels",
    CauseCode.RUN_TEMPLATE_MISSING: _INSTALL,
    CauseCode.TEMPLATE_MISSING: _INSTALL,
    CauseCode.TEMPLATE_ERROR: "pkgops doctor",
    CauseCode.TEMPLATE_REJECTED: "pkgops doctor",
    CauseCode.FIELD_IMMUTABLE: "kubectl delete {o} -n {ns}",
    CauseCode.TEMPORARY_ERROR: "pkgops doctor",
    CauseCode.OUTPUT_MISSING: "pkgops doctor",
    CauseCode.NO_LABELS: "kubectl get {o} -n {ns} --show-labels",
    CauseCode.NO_BLUEPRINT: _INSTALL,
    CauseCode.SEVERAL_BLUEPRINTS: "kubectl get clustersupplychains,clusterdeliveries",
    CauseCode.BLUEPRINT_NOT_READY: _INSTALL,
    CauseCode.GIT_BRANCH_MISSING: "git ls-remote {url}",
    CauseCode.GIT_AUTHENTICATION: "git ls-remote {url}",
    CauseCode.GIT_SECRET_MISSING: "kubectl get secrets -n {ns}",
    CauseCode.GIT_UNREACHABLE: "git ls-remote {url}",
    CauseCode.GIT_FAILED: "git ls-remote {url}",
    CauseCode.SUSPENDED: 'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"suspend":false}}}}\'',
    CauseCode.TEST_FAILED: _LOGS,
    CauseCode.TASK_FAILED: _LOGS,
    CauseCode.RUN_CANCELLED: _RERUN,
    CauseCode.POD_LOST: _RERUN,
    CauseCode.RUN_TIMEOUT: _RERUN,
    CauseCode.RUN_INVALID: "pkgops doctor",
    CauseCode.INIT_CONTAINER_FAILED: "kubectl describe pod {pod} -n {ns}",
    CauseCode.OUT_OF_MEMORY: _LOGS,
    CauseCode.BUILDER_MISSING: "kubectl get clusterbuilders,builders -A",
    CauseCode.BUILDER_NOT_READY: "kubectl describe clusterbuilder {builder}",
    CauseCode.BUILD_FAILED: _LOGS,
    CauseCode.SOURCE_NOT_RESOLVED: "kubectl get sourceresolvers -n {ns} -o yaml",
    CauseCode.IMAGE_PULL: "kubectl describe pod {pod} -n {ns}",
    CauseCode.CONTAINER_CONFIG: "kubectl describe pod {pod} -n {ns}",
    CauseCode.CRASH_LOOP: _LOGS + " --previous",
    CauseCode.MOUNT_WAITING: _DESCRIBE,
    CauseCode.SANDBOX_FAILED: _DESCRIBE,
    CauseCode.NOT_ANSWERING: _LOGS,
    CauseCode.UNSCHEDULABLE: "kubectl describe nodes",
    CauseCode.QUOTA: "kubectl describe resourcequota -n {ns}",
    CauseCode.POD_REJECTED: "kubectl get events -n {ns} --sort-by .lastTimestamp",
    CauseCode.VOLUME_UNBOUND: "kubectl get pvc -n {ns}",
    CauseCode.REGISTRY_NOT_FOUND: "pkgops trace {name}",
    CauseCode.REGISTRY_UNAUTHORIZED: "pkgops doctor",
    CauseCode.REGISTRY_FAILED: "pkgops doctor",
    CauseCode.NO_TAG_IN_RANGE: "kubectl get {o} -n {ns} -o yaml",
    CauseCode.VERSION_EMPTY: _LOGS,
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
    CauseCode.REVISION_FAILED: _LOGS,
    CauseCode.NO_NETWORKING_LAYER: "pkgops open {name}",
    CauseCode.CONTROLLER_SILENT: "pkgops doctor",
    CauseCode.NOT_NOTICED: "{reconcile}",
    CauseCode.MAY_NOT_READ: "pkgops doctor --rbac watch",
    CauseCode.NOT_REACHABLE: "pkgops doctor",
    CauseCode.NOT_LISTED: "",
    CauseCode.NOT_SERVED: "pkgops doctor",
    CauseCode.DELETING: "kubectl get {o} -n {ns} -o yaml",
    CauseCode.FAILED: _DESCRIBE,
    CauseCode.WAITING: _DESCRIBE,
}


PRESENT: dict[CauseCode, str] = {
    CauseCode.SERVICE_ACCOUNT_MISSING: "kubectl get serviceaccounts -n {ns}",
    CauseCode.TASK_MISSING: "kubectl get tasks,pipelines -n {ns} --show-labels",
    CauseCode.RUN_TEMPLATE_MISSING: "kubectl get clusterruntemplates",
    CauseCode.TEMPLATE_MISSING: "kubectl get clustersourcetemplates,clusterimagetemplates,"
    "clusterconfigtemplates,clusterdeploymenttemplates,clustertemplates",
    CauseCode.NO_BLUEPRINT: "kubectl get clustersupplychains,clusterdeliveries -o yaml",
    CauseCode.BLUEPRINT_NOT_READY: "kubectl describe {o}",
}
"""The commands that list the present objects, where an object is missing that the templates could contain."""


def next_command(cause: Blockage) -> tuple[str, str]:
    """Return the next command, and the one that starts a failed run again.

    Each is a complete command, or empty. The next one is never the command that runs. A failed
    run is not retried by its controller: without a new commit only a new run of the same inputs continues.
    """
    text = COMMANDS[cause.code]
    if "{pod}" in text and not cause.step.pod:
        text = _DESCRIBE
    fields = _fields(cause)
    first = _filled(text, fields)
    again = _filled(_RERUN, fields) if cause.step.run_failed else ""
    environment = "" if cause.scope == CHAIN else cause.scope
    return commandline.another(first, environment), "" if first == again else again


def after_install(cause: Blockage) -> str:
    """Return the next step where the just applied templates lack an object; empty for other causes."""
    if COMMANDS[cause.code] != _INSTALL:
        return ""
    listed = _filled(PRESENT[cause.code], _fields(cause))
    return f"add it to the templates, or apply it yourself; {listed} shows what exists"


def in_words(cause: Blockage) -> str:
    """Return both commands of a cause in one sentence."""
    if not cause.again:
        return cause.next
    if cause.next.startswith("pkgops logs"):
        return f"{cause.next}, or {cause.again} to try the same source again"
    return f"{cause.next}, then {cause.again}"


def on_the_same_cluster(command: str, options: Sequence[str]) -> str:
    """Return a command for the cluster of another command that had these options.

    ``options`` are those of pkgops for files, context, namespace and templates, each with its value. kubectl
    takes the context of them; its command has a namespace already.
    """
    if command.startswith("pkgops ") and not command.startswith("pkgops local "):
        return " ".join([command, *map(shlex.quote, options)])
    if command.startswith("kubectl ") and "--context" in options and " --context " not in command:
        context = options[list(options).index("--context") + 1]
        return f"{command} --context {shlex.quote(context)}"
    return command


def _fields(cause: Blockage) -> dict[str, str]:
    step = cause.step
    known = {
        "o": cause.object.qualified if cause.object else "",
        "ns": step.namespace,
        "name": step.workload,
        "stage": cause.stage,
        "scope": "" if cause.scope == CHAIN else cause.scope,
        "pod": step.pod,
        "url": step.url,
        "builder": step.builder,
    }
    # Some fields are free text from the cluster, and the command is pasted into a shell.
    fields = {name: shlex.quote(value) if value else "" for name, value in known.items()}
    within = f" --env {fields['scope']}" if fields["scope"] else ""
    return {**fields, "within": within, "reconcile": _reconcile(step.reconcile)}


def _filled(text: str, fields: dict[str, str]) -> str:
    if not fields["ns"]:
        # A cluster-scoped object has no namespace.
        text = text.replace(" -n {ns}", "")
    if any(f"{{{name}}}" in text and not fields[name] for name in ("o", "stage", "url")):
        return _OTHERWISE
    words = (word.format_map(fields) for word in text.split(" "))
    return " ".join(filter(None, words))


def _reconcile(ref: ObjectRef | None) -> str:
    """Return the command that requests a reconciliation of Flux; else the one that checks controllers."""
    if ref is None:
        return _OTHERWISE
    mark = "reconcile.fluxcd.io/requestedAt=$(date +%s)"
    return f"kubectl annotate --overwrite {ref.qualified} -n {ref.namespace} {mark}"
