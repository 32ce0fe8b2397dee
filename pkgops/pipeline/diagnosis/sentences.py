"""The sentence of every cause code."""

from __future__ import annotations

from pkgops.model import CauseCode

CAUSES: dict[CauseCode, str] = {
    CauseCode.STALE_PACKAGE: (
        "{o} does not depend on its configuration: the new image was built but never packaged, so the "
        "environments keep the old one"
    ),
    CauseCode.STALE_DEPLOYMENT: "{env} runs another image than the one in the package that it installed",
    CauseCode.GENERATION_FIGHT: "two controllers keep rewriting the spec of {o} ({msg} and rising): {extra}",
    CauseCode.SERVICE_ACCOUNT_MISSING: (
        "service account {extra} does not exist in namespace {ns}, and {o} acts as it"
    ),
    CauseCode.FORBIDDEN: "{o} may not do its work: {msg}",
    CauseCode.TASK_MISSING: "there is no Task for {o}: {msg}",
    CauseCode.TASK_AMBIGUOUS: "several Tasks match {o}: {msg}",
    CauseCode.RUN_TEMPLATE_MISSING: "the ClusterRunTemplate of {o} does not exist: {msg}",
    CauseCode.TEMPLATE_MISSING: "a template of {o} does not exist: {msg}",
    CauseCode.TEMPLATE_ERROR: "the template of stage {stage} cannot be rendered: {msg}",
    CauseCode.TEMPLATE_REJECTED: "the API server refused what the template of stage {stage} renders: {msg}",
    CauseCode.FIELD_IMMUTABLE: (
        "{o} cannot be changed to what the template of stage {stage} renders now, it must be recreated: {msg}"
    ),
    CauseCode.TEMPORARY_ERROR: ("a request of {o} to the API server failed for now, and is retried: {msg}"),
    CauseCode.OUTPUT_MISSING: (
        "{o} is done, but the template of stage {stage} reads a field of it that does not exist: {msg}"
    ),
    CauseCode.NO_LABELS: "{o} has no labels, so no blueprint can match it",
    CauseCode.NO_BLUEPRINT: "no blueprint matches the labels of {o}{extra}",
    CauseCode.SEVERAL_BLUEPRINTS: "several blueprints match the labels of {o} equally well{extra}",
    CauseCode.BLUEPRINT_NOT_READY: "the blueprint of {o} is not ready: {msg}",
    CauseCode.GIT_BRANCH_MISSING: "{extra} does not exist in the Git repository",
    CauseCode.GIT_AUTHENTICATION: "the Git server refused the credentials, or requires some: {msg}",
    CauseCode.GIT_SECRET_MISSING: "the secret with the Git credentials is missing: {msg}",
    CauseCode.GIT_UNREACHABLE: "the Git server cannot be reached, or answers with an error: {msg}",
    CauseCode.GIT_FAILED: "the source cannot be fetched: {msg}",
    CauseCode.SUSPENDED: "{o} is suspended: nothing new is fetched",
    CauseCode.TEST_FAILED: "the test of {revision} failed: {msg}",
    CauseCode.TASK_FAILED: "{o} failed: {msg}",
    CauseCode.RUN_CANCELLED: "{o} was cancelled: {msg}",
    CauseCode.POD_LOST: "the pod of {o} was lost, and nothing in it failed by itself: {msg}",
    CauseCode.RUN_TIMEOUT: "{o} took too long: {msg}",
    CauseCode.RUN_INVALID: "{o} does not fit its Task: {msg}",
    CauseCode.INIT_CONTAINER_FAILED: "{o} could not start: {msg}",
    CauseCode.OUT_OF_MEMORY: "{o} ran out of memory: {msg}",
    CauseCode.BUILDER_MISSING: "the builder of {o} does not exist: {msg}",
    CauseCode.BUILDER_NOT_READY: "the builder of {o} is not ready: {msg}",
    CauseCode.BUILD_FAILED: "the build of {revision} failed in {container}: {msg}",
    CauseCode.SOURCE_NOT_RESOLVED: "kpack cannot resolve the source of {o}: {msg}",
    CauseCode.IMAGE_PULL: "an image cannot be pulled for {o}: {msg}",
    CauseCode.CONTAINER_CONFIG: "a container of {o} cannot be created: {msg}",
    CauseCode.CRASH_LOOP: "{container} of {o} keeps restarting: {msg}",
    CauseCode.MOUNT_WAITING: "{o} waits for a volume: {extra}",
    CauseCode.SANDBOX_FAILED: "the node of {o} cannot start it, and retries: {extra}",
    CauseCode.NOT_ANSWERING: "{o} runs and is not ready: {extra}",
    CauseCode.UNSCHEDULABLE: "no node has room for {o}: {msg}",
    CauseCode.QUOTA: "a ResourceQuota of namespace {ns} refuses the pod of {o}: {msg}",
    CauseCode.POD_REJECTED: "the pod of {o} was refused: {msg}",
    CauseCode.VOLUME_UNBOUND: "{o} waits for a persistent volume: {extra}",
    CauseCode.REGISTRY_NOT_FOUND: "the registry has no such image for {o}: {extra}",
    CauseCode.REGISTRY_UNAUTHORIZED: "the registry refuses {o}: {msg}",
    CauseCode.REGISTRY_FAILED: "the registry cannot be read for {o}: {msg}",
    CauseCode.NO_TAG_IN_RANGE: "no tag satisfies {o} ({extra})",
    CauseCode.VERSION_EMPTY: (
        "a package was pushed without a version (tag v): the push task did not compute one ({extra})"
    ),
    CauseCode.POLICY_INVALID: "{o} is not valid: {msg}",
    CauseCode.REPOSITORY_MISSING: "{o} refers to an ImageRepository that does not exist: {msg}",
    CauseCode.REPOSITORY_PAUSED: "{o} is paused: it fetches no packages, so nothing can be installed",
    CauseCode.REPOSITORY_FAILED: "{o} cannot read its package bundle: {msg}",
    CauseCode.INSTALL_PAUSED: "{o} is paused: nothing is installed",
    CauseCode.PACKAGE_NOT_FOUND: "there is no package {extra} in namespace {ns}",
    CauseCode.VERSION_NOT_FOUND: "no version of package {extra}",
    CauseCode.DOWNGRADE_REFUSED: "{o} refuses to go back to an older version: {msg}",
    CauseCode.INSTALL_FAILED: "{o} failed: {msg}",
    CauseCode.ANNOTATION_IMMUTABLE: (
        "Knative refuses every later version of {o}: the bundle lacks kapp rebase rules for the creator and "
        "lastModifier annotations"
    ),
    CauseCode.REVISION_FAILED: "{o} does not start: {msg}",
    CauseCode.NO_NETWORKING_LAYER: (
        "the cluster has no networking layer for Knative: the application runs, but has no URL"
    ),
    CauseCode.CONTROLLER_SILENT: "{extra} has not observed {o} for {age}: is it running?",
    CauseCode.NOT_NOTICED: "{extra}",
    CauseCode.MAY_NOT_READ: "unknown: {msg}",
    CauseCode.NOT_REACHABLE: "unknown: {msg}",
    CauseCode.NOT_LISTED: "unknown: {msg}",
    CauseCode.NOT_SERVED: "unknown: {msg}",
    CauseCode.DELETING: "{o} is being deleted",
    CauseCode.FAILED: "{o} failed: {msg}",
    CauseCode.WAITING: "{o} makes no progress for {age}: {msg}",
}


def sentence(code: CauseCode, fields: dict[str, str]) -> str:
    """Return the cause in one sentence, without line breaks."""
    text = CAUSES[code].format_map(_Blank(fields))
    return " ".join(text.split()).rstrip(": ")


class _Blank(dict[str, str]):
    """Fields for a sentence: one that is not set is empty."""

    def __missing__(self, key: str) -> str:
        return ""
