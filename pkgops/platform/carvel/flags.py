"""kapp's flags in an App's ``rawOptions``: those that matter here, those that may be given, the others."""

from __future__ import annotations

from dataclasses import replace

from pkgops.kapp import Options

# What kapp-controller lets through (its pkg/deploy/kapp_restrict.go); most only change the output.
_NAMES = (
    "--column --debug --json --tty --dangerous-ignore-failing-api-services "
    "--dangerous-scope-to-fallback-allowed-namespaces --filter --filter-age --filter-kind "
    "--filter-kind-name --filter-kind-ns --filter-kind-ns-name --filter-name --filter-ns "
    "--kube-api-qps --kube-api-burst --diff-changes --diff-against-last-applied --diff-context "
    "--diff-line-numbers --diff-mask --diff-run --diff-summary --diff-anchored "
    "--apply-check-interval --apply-concurrency --apply-default-update-strategy --apply-ignored "
    "--apply-timeout --exit-early-on-apply-error --wait --wait-check-interval "
    "--wait-concurrency --wait-ignored --wait-timeout --exit-early-on-wait-error "
    "--dangerous-allow-empty-list-of-resources --existing-non-labeled-resources-check "
    "--existing-non-labeled-resources-check-concurrency "
    "--dangerous-override-ownership-of-existing-resources --into-ns --map-ns --logs --logs-all "
    "--app-changes-max-to-keep --labels --patch "
)
ALLOWED = frozenset(_NAMES.split())
# These belong to deploying alone: a deletion that has them is refused.
_DEPLOY_ONLY = (
    "--dangerous-allow-empty-list-of-resources --existing-non-labeled-resources-check "
    "--existing-non-labeled-resources-check-concurrency "
    "--dangerous-override-ownership-of-existing-resources --into-ns --map-ns --logs --logs-all "
    "--app-changes-max-to-keep --labels --patch "
)
DELETE_ALLOWED = ALLOWED - frozenset(_DEPLOY_ONLY.split())
# Without these a deployment would do something else than what they ask for.
_NOT_HERE = (
    "--filter --filter-age --filter-kind --filter-kind-name --filter-kind-ns --filter-kind-ns-name "
    "--filter-name --filter-ns --diff-against-last-applied --diff-run "
    "--labels --patch"
)
NOT_HERE = frozenset(_NOT_HERE.split())


class FlagProblem(Exception):
    """A flag is forbidden or unknown; the text is kapp-controller's."""


def options_of(flags: list[str], options: Options, allowed: frozenset[str] = ALLOWED) -> tuple[Options, str]:
    """Return the options with flags applied, and the wait timeout as it is written (empty: the default).

    Args:
        flags: the flags, each with its value.
        options: what holds without them.
        allowed: the flags that may be given.

    Raises:
        FlagProblem: a flag is forbidden, unknown, not a flag, or not available here.
    """
    timeout = ""
    for flag in flags:
        name, equals, value = str(flag).partition("=")
        if not name.startswith("--"):
            raise FlagProblem(f"Expected flag '{flag}' to start with '--'")
        if name not in allowed:
            raise FlagProblem(f"Unexpected flag '{name}' specified (either forbidden or unknown)")
        if name in NOT_HERE and not _is_off(value):
            raise FlagProblem(f"Flag '{name}' is not available on the local platform")
        if name == "--wait-timeout":
            timeout = value
        else:
            options = _applied(options, name, value if equals else "true")
    return options, timeout


def _is_off(value: str) -> bool:
    return value.lower() in ("false", "0", "f")


def _applied(options: Options, name: str, value: str) -> Options:
    on = value.lower() in ("true", "1", "t")
    if name == "--wait":
        return replace(options, wait=on)
    if name == "--apply-default-update-strategy":
        return replace(options, update_strategy=value)
    if name == "--into-ns":
        return replace(options, into_ns=value)
    if name == "--map-ns":
        pairs = (item.partition("=") for item in value.split(","))
        return replace(options, map_ns=(*options.map_ns, *((source, to) for source, _, to in pairs)))
    if name == "--existing-non-labeled-resources-check":
        return replace(options, check_existing=on)
    if name == "--dangerous-allow-empty-list-of-resources":
        return replace(options, allow_empty=on)
    if name == "--dangerous-override-ownership-of-existing-resources":
        return replace(options, override_ownership=on)
    if name == "--app-changes-max-to-keep" and value.isdigit():
        return replace(options, changes_to_keep=int(value))
    return options
