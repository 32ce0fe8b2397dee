"""The words for every typed cause: one sentence, and the next command."""

from __future__ import annotations

from pkgops.model import CauseCode

_RERUN = "pkgops rerun {name} --stage {stage}"

CAUSES: dict[CauseCode, tuple[str, str]] = {
    CauseCode.STALE_PACKAGE: (
        "{o} does not depend on its configuration: the new image was built but never packaged, so the "
        "environments keep the old one",
        "pkgops doctor",
    ),
    CauseCode.STALE_DEPLOYMENT: (
        "{env} runs another image than the one in the package that it installed",
        "pkgops trace {name}",
    ),
    CauseCode.GENERATION_FIGHT: (
        "two controllers keep rewriting the spec of {o} ({msg} and rising): {extra}",
        "pkgops doctor",
    ),
    CauseCode.SERVICE_ACCOUNT_MISSING: (
        "service account {extra} does not exist in namespace {ns}, and {o} acts as it",
        "pkgops supplychain up",
    ),
    CauseCode.FORBIDDEN: ("{o} may not do its work: {msg}", "pkgops doctor"),
    CauseCode.TASK_MISSING: ("there is no Task for {o}: {msg}", "pkgops supplychain up"),
    CauseCode.TASK_AMBIGUOUS: ("several Tasks match {o}: {msg}", "kubectl get tasks -n {ns} --show-labels"),
    CauseCode.RUN_TEMPLATE_MISSING: (
        "the ClusterRunTemplate of {o} does not exist: {msg}",
        "pkgops supplychain up",
    ),
    CauseCode.TEMPLATE_MISSING: ("a template of {o} does not exist: {msg}", "pkgops supplychain up"),
    CauseCode.TEMPLATE_ERROR: ("the template of stage {stage} cannot be filled in: {msg}", "pkgops doctor"),
    CauseCode.TEMPLATE_REJECTED: (
        "the API server refused what the template of stage {stage} makes: {msg}",
        "pkgops doctor",
    ),
    CauseCode.TEMPORARY_ERROR: (
        "the API server could not do for now what {o} needs, and is asked again: {msg}",
        "pkgops doctor",
    ),
    CauseCode.OUTPUT_MISSING: (
        "{o} is done, but the template of stage {stage} reads its output where there is none: {msg}",
        "pkgops doctor",
    ),
    CauseCode.NO_LABELS: (
        "{o} has no labels, so no blueprint can match it",
        "kubectl get {o} -n {ns} --show-labels",
    ),
    CauseCode.NO_BLUEPRINT: ("no blueprint matches the labels of {o}{extra}", "pkgops supplychain up"),
    CauseCode.SEVERAL_BLUEPRINTS: (
        "several blueprints match the labels of {o} equally well{extra}",
        "kubectl get clustersupplychains,clusterdeliveries",
    ),
    CauseCode.BLUEPRINT_NOT_READY: ("the blueprint of {o} is not ready: {msg}", "pkgops supplychain up"),
    CauseCode.GIT_BRANCH_MISSING: (
        "{extra} does not exist in the Git repository",
        "git ls-remote {url}",
    ),
    CauseCode.GIT_AUTHENTICATION: (
        "the Git server refused the credentials, or wants some: {msg}",
        "git ls-remote {url}",
    ),
    CauseCode.GIT_SECRET_MISSING: (
        "the secret with the Git credentials is missing: {msg}",
        "kubectl get secrets -n {ns}",
    ),
    CauseCode.GIT_UNREACHABLE: ("the Git server does not answer as it should: {msg}", "git ls-remote {url}"),
    CauseCode.GIT_FAILED: ("the source cannot be fetched: {msg}", "git ls-remote {url}"),
    CauseCode.SUSPENDED: (
        "{o} is suspended: nothing new is looked for",
        'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"suspend":false}}}}\'',
    ),
    CauseCode.TEST_FAILED: ("the test of {revision} failed: {msg}", "pkgops logs {name} --stage {stage}"),
    CauseCode.TASK_FAILED: ("{o} failed: {msg}", "pkgops logs {name} --stage {stage}"),
    CauseCode.RUN_CANCELLED: ("{o} was cancelled: {msg}", _RERUN),
    CauseCode.POD_LOST: ("the pod of {o} was lost, and nothing in it failed by itself: {msg}", _RERUN),
    # Its pod is gone, and with it the log: there is nothing to look at but what a new run does.
    CauseCode.RUN_TIMEOUT: ("{o} took too long: {msg}", _RERUN),
    CauseCode.RUN_INVALID: ("{o} does not fit its Task: {msg}", "pkgops doctor"),
    CauseCode.INIT_CONTAINER_FAILED: ("{o} could not start: {msg}", "kubectl describe pod {pod} -n {ns}"),
    CauseCode.OUT_OF_MEMORY: ("{o} ran out of memory: {msg}", "pkgops logs {name} --stage {stage}"),
    CauseCode.BUILDER_MISSING: (
        "the builder of {o} does not exist: {msg}",
        "kubectl get clusterbuilders,builders -A",
    ),
    CauseCode.BUILDER_NOT_READY: (
        "the builder of {o} is not ready: {msg}",
        "kubectl describe clusterbuilder {extra}",
    ),
    CauseCode.BUILD_FAILED: (
        "the build of {revision} failed in {container}: {msg}",
        "pkgops logs {name} --stage {stage}",
    ),
    CauseCode.SOURCE_NOT_RESOLVED: (
        "kpack cannot resolve the source of {o}: {msg}",
        "kubectl get sourceresolvers -n {ns} -o yaml",
    ),
    CauseCode.IMAGE_PULL: ("an image cannot be pulled for {o}: {msg}", "kubectl describe pod {pod} -n {ns}"),
    CauseCode.CONTAINER_CONFIG: (
        "a container of {o} cannot be created: {msg}",
        "kubectl describe pod {pod} -n {ns}",
    ),
    CauseCode.CRASH_LOOP: (
        "{container} of {o} starts and ends again and again: {msg}",
        "pkgops logs {name} --stage {stage} --previous",
    ),
    CauseCode.MOUNT_WAITING: ("{o} waits for a volume: {extra}", "kubectl describe {o} -n {ns}"),
    CauseCode.UNSCHEDULABLE: ("no node has room for {o}: {msg}", "kubectl describe nodes"),
    CauseCode.QUOTA: (
        "a quota of namespace {ns} refuses the pod of {o}: {msg}",
        "kubectl describe resourcequota -n {ns}",
    ),
    CauseCode.POD_REJECTED: (
        "the pod of {o} was refused: {msg}",
        "kubectl get events -n {ns} --sort-by .lastTimestamp",
    ),
    CauseCode.VOLUME_UNBOUND: ("{o} waits for a persistent volume: {msg}", "kubectl get pvc -n {ns}"),
    CauseCode.REGISTRY_NOT_FOUND: ("the registry has no such image for {o}: {extra}", "pkgops trace {name}"),
    CauseCode.REGISTRY_UNAUTHORIZED: ("the registry refuses {o}: {msg}", "pkgops doctor"),
    CauseCode.REGISTRY_FAILED: ("the registry cannot be read for {o}: {msg}", "pkgops doctor"),
    CauseCode.NO_TAG_IN_RANGE: ("no tag satisfies {o} ({extra})", "kubectl get {o} -n {ns} -o yaml"),
    CauseCode.VERSION_EMPTY: (
        "a package was pushed without a version (tag v): the push task did not make one ({extra})",
        "pkgops logs {name} --stage {stage}",
    ),
    CauseCode.POLICY_INVALID: ("{o} is not valid: {msg}", "kubectl get {o} -n {ns} -o yaml"),
    CauseCode.REPOSITORY_MISSING: (
        "{o} refers to an ImageRepository that does not exist: {msg}",
        "kubectl get imagerepositories -n {ns}",
    ),
    CauseCode.REPOSITORY_PAUSED: (
        "{o} is paused: it fetches no packages, so nothing can be installed",
        "pkgops doctor",
    ),
    CauseCode.REPOSITORY_FAILED: ("{o} cannot read its package bundle: {msg}", "pkgops trace {name}"),
    CauseCode.INSTALL_PAUSED: (
        "{o} is paused: nothing is installed",
        'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"paused":false}}}}\'',
    ),
    CauseCode.PACKAGE_NOT_FOUND: (
        "there is no package {extra} in namespace {ns}",
        "kubectl get packages -n {ns}",
    ),
    CauseCode.VERSION_NOT_FOUND: ("no version of package {extra}", "kubectl get packages -n {ns}"),
    CauseCode.DOWNGRADE_REFUSED: (
        "{o} refuses to go back to an older version: {msg}",
        "kubectl annotate {o} -n {ns} packaging.carvel.dev/downgradable=",
    ),
    CauseCode.INSTALL_FAILED: (
        "{o} failed: {msg}",
        "kubectl get {o} -n {ns} -o jsonpath='{{.status.usefulErrorMessage}}'",
    ),
    CauseCode.ANNOTATION_IMMUTABLE: (
        "Knative refuses every later version of {o}: the bundle lacks kapp rebase rules for the creator and "
        "lastModifier annotations",
        "pkgops doctor",
    ),
    CauseCode.REVISION_FAILED: ("{o} does not start: {msg}", "pkgops logs {name} --stage {stage}"),
    CauseCode.NO_NETWORKING_LAYER: (
        "the cluster has no networking layer for Knative: the application runs, but has no URL",
        "pkgops open {name}",
    ),
    CauseCode.CONTROLLER_SILENT: (
        "{extra} has not looked at {o} for {age}: is it running?",
        "pkgops doctor",
    ),
    CauseCode.NOT_NOTICED: ("{extra}", "{nudge}"),
    CauseCode.MAY_NOT_READ: ("unknown: {msg}", "pkgops doctor --rbac watch"),
    CauseCode.NOT_REACHABLE: ("unknown: {msg}", "pkgops doctor"),
    CauseCode.NOT_LISTED: ("unknown: {msg}", ""),
    CauseCode.NOT_SERVED: ("unknown: {msg}", "pkgops doctor"),
    CauseCode.DELETING: ("{o} is being deleted", "kubectl get {o} -n {ns} -o yaml"),
    CauseCode.FAILED: ("{o} failed: {msg}", "kubectl describe {o} -n {ns}"),
    CauseCode.WAITING: ("{o} makes no progress for {age}: {msg}", "kubectl describe {o} -n {ns}"),
}


def sentence(code: CauseCode, fields: dict[str, str]) -> str:
    """The cause in one sentence, without line breaks."""
    text = CAUSES[code][0].format_map(_Blank(fields))
    return " ".join(text.split()).rstrip(": ")


def command(code: CauseCode, fields: dict[str, str], *, run_failed: bool = False) -> str:
    """The next command; for a run that has failed with the one that starts it again beside it.

    A failed run stays as it is: without a new commit nothing but a new run of the same inputs goes on.
    """
    text = CAUSES[code][1]
    if "{pod}" in text and not fields.get("pod"):
        text = "kubectl describe {o} -n {ns}"
    first = text.format_map(_Blank(fields)).strip()
    again = _RERUN.format_map(_Blank(fields))
    if not run_failed or first == again:
        return first
    if first.startswith("pkgops logs"):
        return f"{first}, or {again} to try the same source again"
    return f"{first}, then {again}"


class _Blank(dict[str, str]):
    """Fields that nobody set read as nothing."""

    def __missing__(self, key: str) -> str:
        return ""
