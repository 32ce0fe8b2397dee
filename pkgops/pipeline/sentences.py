"""The words for every typed cause: one sentence, and the next command."""

from __future__ import annotations

from pkgops.model import Code

CAUSES: dict[Code, tuple[str, str]] = {
    Code.STALE_PACKAGE: (
        "{o} does not depend on its configuration: the new image was built but never packaged, so the "
        "environments keep the old one",
        "pkgops doctor",
    ),
    Code.STALE_DEPLOYMENT: (
        "{env} runs another image than the one in the package that it installed",
        "pkgops trace {name}",
    ),
    Code.GENERATION_FIGHT: (
        "two controllers keep rewriting the spec of {o} ({msg} and rising): {extra}",
        "pkgops doctor",
    ),
    Code.SERVICE_ACCOUNT_MISSING: (
        "service account {extra} does not exist in namespace {ns}, and {o} acts as it",
        "pkgops supplychain up",
    ),
    Code.FORBIDDEN: ("{o} may not do its work: {msg}", "pkgops doctor"),
    Code.TASK_MISSING: ("there is no Task for {o}: {msg}", "pkgops supplychain up"),
    Code.TASK_AMBIGUOUS: ("several Tasks match {o}: {msg}", "kubectl get tasks -n {ns} --show-labels"),
    Code.RUN_TEMPLATE_MISSING: (
        "the ClusterRunTemplate of {o} does not exist: {msg}",
        "pkgops supplychain up",
    ),
    Code.TEMPLATE_MISSING: ("a template of {o} does not exist: {msg}", "pkgops supplychain up"),
    Code.TEMPLATE_ERROR: ("the template of stage {stage} cannot be filled in: {msg}", "pkgops doctor"),
    Code.TEMPLATE_REJECTED: (
        "the API server refused what the template of stage {stage} makes: {msg}",
        "pkgops doctor",
    ),
    Code.TEMPORARY_ERROR: (
        "the API server could not do for now what {o} needs, and is asked again: {msg}",
        "pkgops doctor",
    ),
    Code.OUTPUT_MISSING: (
        "{o} is done, but the template of stage {stage} reads its output where there is none: {msg}",
        "pkgops doctor",
    ),
    Code.NO_LABELS: (
        "{o} has no labels, so no blueprint can match it",
        "kubectl get {o} -n {ns} --show-labels",
    ),
    Code.NO_BLUEPRINT: ("no blueprint matches the labels of {o}{extra}", "pkgops supplychain up"),
    Code.SEVERAL_BLUEPRINTS: (
        "several blueprints match the labels of {o} equally well{extra}",
        "kubectl get clustersupplychains,clusterdeliveries",
    ),
    Code.BLUEPRINT_NOT_READY: ("the blueprint of {o} is not ready: {msg}", "pkgops supplychain up"),
    Code.GIT_BRANCH_MISSING: (
        "{extra} does not exist in the Git repository",
        "git ls-remote {url}",
    ),
    Code.GIT_AUTHENTICATION: (
        "the Git server refused the credentials, or wants some: {msg}",
        "git ls-remote {url}",
    ),
    Code.GIT_SECRET_MISSING: (
        "the secret with the Git credentials is missing: {msg}",
        "kubectl get secrets -n {ns}",
    ),
    Code.GIT_UNREACHABLE: ("the Git server does not answer as it should: {msg}", "git ls-remote {url}"),
    Code.GIT_FAILED: ("the source cannot be fetched: {msg}", "git ls-remote {url}"),
    Code.SUSPENDED: (
        "{o} is suspended: nothing new is looked for",
        'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"suspend":false}}}}\'',
    ),
    Code.TEST_FAILED: ("the test of {revision} failed: {msg}", "pkgops logs {name} --stage {stage}"),
    Code.TASK_FAILED: ("{o} failed: {msg}", "pkgops logs {name} --stage {stage}"),
    Code.RUN_CANCELLED: ("{o} was cancelled: {msg}", "pkgops rerun {name} --stage {stage}"),
    # Its pod is gone, and with it the log: there is nothing to look at but what a new run does.
    Code.RUN_TIMEOUT: ("{o} took too long: {msg}", "pkgops rerun {name} --stage {stage}"),
    Code.RUN_INVALID: ("{o} does not fit its Task: {msg}", "pkgops doctor"),
    Code.INIT_CONTAINER_FAILED: ("{o} could not start: {msg}", "kubectl describe pod {pod} -n {ns}"),
    Code.OUT_OF_MEMORY: ("{o} ran out of memory: {msg}", "pkgops logs {name} --stage {stage}"),
    Code.BUILDER_MISSING: (
        "the builder of {o} does not exist: {msg}",
        "kubectl get clusterbuilders,builders -A",
    ),
    Code.BUILDER_NOT_READY: (
        "the builder of {o} is not ready: {msg}",
        "kubectl describe clusterbuilder {extra}",
    ),
    Code.BUILD_FAILED: (
        "the build of {revision} failed in {container}: {msg}",
        "pkgops logs {name} --stage {stage}",
    ),
    Code.SOURCE_NOT_RESOLVED: (
        "kpack cannot resolve the source of {o}: {msg}",
        "kubectl get sourceresolvers -n {ns} -o yaml",
    ),
    Code.IMAGE_PULL: ("an image cannot be pulled for {o}: {msg}", "kubectl describe pod {pod} -n {ns}"),
    Code.CONTAINER_CONFIG: (
        "a container of {o} cannot be created: {msg}",
        "kubectl describe pod {pod} -n {ns}",
    ),
    Code.CRASH_LOOP: (
        "{container} of {o} starts and ends again and again: {msg}",
        "pkgops logs {name} --stage {stage} --previous",
    ),
    Code.MOUNT_WAITING: ("{o} waits for a volume: {extra}", "kubectl describe {o} -n {ns}"),
    Code.UNSCHEDULABLE: ("no node has room for {o}: {msg}", "kubectl describe nodes"),
    Code.QUOTA: (
        "a quota of namespace {ns} refuses the pod of {o}: {msg}",
        "kubectl describe resourcequota -n {ns}",
    ),
    Code.POD_REJECTED: (
        "the pod of {o} was refused: {msg}",
        "kubectl get events -n {ns} --sort-by .lastTimestamp",
    ),
    Code.VOLUME_UNBOUND: ("{o} waits for a persistent volume: {msg}", "kubectl get pvc -n {ns}"),
    Code.REGISTRY_NOT_FOUND: ("the registry has no such image for {o}: {extra}", "pkgops trace {name}"),
    Code.REGISTRY_UNAUTHORIZED: ("the registry refuses {o}: {msg}", "pkgops doctor"),
    Code.REGISTRY_FAILED: ("the registry cannot be read for {o}: {msg}", "pkgops doctor"),
    Code.NO_TAG_IN_RANGE: ("no tag satisfies {o} ({extra})", "kubectl get {o} -n {ns} -o yaml"),
    Code.VERSION_EMPTY: (
        "a package was pushed without a version (tag v): the push task did not make one ({extra})",
        "pkgops logs {name} --stage {stage}",
    ),
    Code.POLICY_INVALID: ("{o} is not valid: {msg}", "kubectl get {o} -n {ns} -o yaml"),
    Code.REPOSITORY_MISSING: (
        "{o} refers to an ImageRepository that does not exist: {msg}",
        "kubectl get imagerepositories -n {ns}",
    ),
    Code.REPOSITORY_PAUSED: (
        "{o} is paused: it fetches no packages, so nothing can be installed",
        "pkgops doctor",
    ),
    Code.REPOSITORY_FAILED: ("{o} cannot read its package bundle: {msg}", "pkgops trace {name}"),
    Code.INSTALL_PAUSED: (
        "{o} is paused: nothing is installed",
        'kubectl patch {o} -n {ns} --type merge -p \'{{"spec":{{"paused":false}}}}\'',
    ),
    Code.PACKAGE_NOT_FOUND: ("there is no package {extra} in namespace {ns}", "kubectl get packages -n {ns}"),
    Code.VERSION_NOT_FOUND: ("no version of package {extra}", "kubectl get packages -n {ns}"),
    Code.DOWNGRADE_REFUSED: (
        "{o} refuses to go back to an older version: {msg}",
        "kubectl annotate {o} -n {ns} packaging.carvel.dev/downgradable=",
    ),
    Code.INSTALL_FAILED: (
        "{o} failed: {msg}",
        "kubectl get {o} -n {ns} -o jsonpath='{{.status.usefulErrorMessage}}'",
    ),
    Code.ANNOTATION_IMMUTABLE: (
        "Knative refuses every later version of {o}: the bundle lacks kapp rebase rules for the creator and "
        "lastModifier annotations",
        "pkgops doctor",
    ),
    Code.REVISION_FAILED: ("{o} does not start: {msg}", "pkgops logs {name} --stage {stage}"),
    Code.NO_NETWORKING_LAYER: (
        "the cluster has no networking layer for Knative: the application runs, but has no URL",
        "pkgops open {name}",
    ),
    Code.CONTROLLER_SILENT: (
        "{extra} has not looked at {o} for {age}: is it running?",
        "pkgops doctor",
    ),
    Code.NOT_NOTICED: ("{extra}", "{nudge}"),
    Code.MAY_NOT_READ: ("unknown: {msg}", "pkgops doctor --rbac watch"),
    Code.NOT_REACHABLE: ("unknown: {msg}", "pkgops doctor"),
    Code.NOT_LISTED: ("unknown: {msg}", ""),
    Code.DELETING: ("{o} is being deleted", "kubectl get {o} -n {ns} -o yaml"),
    Code.FAILED: ("{o} failed: {msg}", "kubectl describe {o} -n {ns}"),
    Code.WAITING: ("{o} makes no progress for {age}: {msg}", "kubectl describe {o} -n {ns}"),
}


def sentence(code: Code, fields: dict[str, str]) -> str:
    """The cause in one sentence, without line breaks."""
    text = CAUSES[code][0].format_map(_Blank(fields))
    return " ".join(text.split()).rstrip(": ")


def command(code: Code, fields: dict[str, str]) -> str:
    """The next command."""
    return CAUSES[code][1].format_map(_Blank(fields)).strip()


class _Blank(dict[str, str]):
    """Fields that nobody set read as nothing."""

    def __missing__(self, key: str) -> str:
        return ""
