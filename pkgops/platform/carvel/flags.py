"""kapp's flags in an App's ``rawOptions``: which ones are allowed, and the options that they set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pkgops.kapp import Options
from pkgops.platform.carvel import flagvalues
from pkgops.platform.carvel.filterflags import FILTERS, app_labels, resource_filter
from pkgops.platform.fieldsupport import fields_of

FLAGS = {field.path: field for field in fields_of("carvel")["Flags of kapp"].fields}
"""The flags that kapp-controller allows (its ``pkg/deploy/kapp_restrict.go``), with their support here."""
ALLOWED = frozenset(FLAGS)
# Flags for deploying only: a deletion with them is refused.
_DEPLOY_ONLY = (
    "--dangerous-allow-empty-list-of-resources --existing-non-labeled-resources-check "
    "--existing-non-labeled-resources-check-concurrency "
    "--dangerous-override-ownership-of-existing-resources --into-ns --map-ns --logs --logs-all "
    "--app-changes-max-to-keep --labels --patch "
)
DELETE_ALLOWED = ALLOWED - frozenset(_DEPLOY_ONLY.split())
_SWITCHES: dict[str, str] = {
    "--dangerous-allow-empty-list-of-resources": "allow_empty",
    "--dangerous-override-ownership-of-existing-resources": "override_ownership",
    "--diff-changes": "diff_changes",
    "--diff-line-numbers": "diff_line_numbers",
    "--diff-run": "diff_run",
    "--diff-summary": "summary",
    "--existing-non-labeled-resources-check": "check_existing",
    "--patch": "patch",
    "--wait": "wait",
}
_COUNTS = {"--app-changes-max-to-keep": "changes_to_keep", "--diff-context": "diff_context"}
_BOOLS = {"1": "true", "t": "true", "0": "false", "f": "false"}


class FlagProblem(Exception):
    """A flag is forbidden, unknown or not supported; the text is kapp-controller's message if it has one."""


def options_of(flags: list[str], options: Options, allowed: frozenset[str] = ALLOWED) -> tuple[Options, str]:
    """Return the options with flags applied, and the value of ``--wait-timeout`` (empty: the default).

    Args:
        flags: the flags, each with its value.
        options: the options without the flags.
        allowed: the names of the flags that are allowed.

    Raises:
        FlagProblem: a flag is forbidden, unknown, not supported here, or not of the form ``--name=value``.
        FlagValueError: kapp rejects a flag's value.
    """
    timeout = ""
    given: list[tuple[str, str]] = []
    for flag in flags:
        form = flagvalues.FORM.fullmatch(str(flag))
        if form is None:
            raise FlagProblem(f"Expected flag '{flag}' to be in '--name=val' format")
        name, value = form.groups()
        if name not in allowed:
            raise FlagProblem(f"Unexpected flag '{name}' specified (either forbidden or unknown)")
        if _has_verdict(name, value, "refused"):
            raise FlagProblem(f"Flag '{name}' is not available on the local platform: {FLAGS[name].reason}")
        flagvalues.check(name, value)
        given.append((name, value))
        if name == "--wait-timeout":
            timeout = value
        else:
            options = _applied(options, name, value)
    labels = app_labels(value for name, value in given if name == "--labels")
    if any(name in FILTERS for name, _ in given):
        options = replace(options, filter=resource_filter(given))
    return replace(options, labels=labels), timeout


def without_effect(flags: Iterable[str]) -> list[str]:
    """Return the warnings about flags that have no effect here where a user would expect one."""
    given = [str(flag).partition("=") for flag in flags]
    return [
        f"Flag '{name}' has no effect on the local platform: {FLAGS[name].reason}"
        for name, _, value in given
        if name in FLAGS and _has_verdict(name, value, "warned")
    ]


def _has_verdict(name: str, value: str, verdict: str) -> bool:
    word = _BOOLS.get(value.lower(), value.lower())
    return FLAGS[name].verdict == verdict and word not in FLAGS[name].unless


def _applied(options: Options, name: str, value: str) -> Options:
    if name in _SWITCHES:
        on = _BOOLS.get(value.lower(), value.lower()) == "true"
        return replace(options, **{_SWITCHES[name]: on})  # type: ignore[arg-type]
    if name == "--apply-default-update-strategy":
        return replace(options, update_strategy=value)
    if name == "--into-ns":
        return replace(options, into_ns=value)
    if name == "--map-ns":
        return replace(options, map_ns=(*options.map_ns, *map(flagvalues.mapping, value.split(","))))
    if name in _COUNTS:
        return replace(options, **{_COUNTS[name]: flagvalues.number(value)})  # type: ignore[arg-type]
    return options
