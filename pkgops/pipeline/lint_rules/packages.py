"""Faults in packages and their delivery (kapp-controller, Flux, Knative)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pkgops.pipeline.lint_rules.finding import LintFinding, Obj, finding, stamped
from pkgops.readiness.base import spec

_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")

_REBASE = """
  kapp-config.yaml: |
    apiVersion: kapp.k14s.io/v1alpha1
    kind: Config
    rebaseRules:
    - path: [metadata, annotations, serving.knative.dev/creator]
      type: copy
      sources: [new, existing]
      resourceMatchers: [{apiVersionKindMatcher: {apiVersion: serving.knative.dev/v1, kind: Service}}]
    - path: [metadata, annotations, serving.knative.dev/lastModifier]
      type: copy
      sources: [new, existing]
      resourceMatchers: [{apiVersionKindMatcher: {apiVersion: serving.knative.dev/v1, kind: Service}}]
"""


def sync_period(objects: list[Obj]) -> Iterator[LintFinding]:
    """kapp-controller normalises durations; Cartographer writes the template's form back, without end."""
    for obj in objects:
        made = stamped(obj)
        group = str(made.get("apiVersion") or "").partition("/")[0]
        period = str(spec(made).get("syncPeriod") or "")
        full = normalised(period)
        if group in ("packaging.carvel.dev", "kappctrl.k14s.io") and full and full != period:

            def fix(after: Obj, full: str = full) -> None:
                stamped(after)["spec"]["syncPeriod"] = full

            what = f"syncPeriod {period} is rewritten to {full} by kapp-controller, and back, without end"
            yield finding("duration-not-normal", obj, what, fix)


def normalised(period: str) -> str:
    """Return a duration as Go prints it: ``3m`` is ``3m0s``, ``90s`` is ``1m30s``; empty if invalid."""
    found = _DURATION.fullmatch(period)
    if not period or found is None:
        return ""
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    total = hours * 3600 + minutes * 60 + seconds
    hours, minutes, seconds = total // 3600, total % 3600 // 60, total % 60
    if hours:
        return f"{hours}h{minutes}m{seconds}s"
    return f"{minutes}m{seconds}s" if minutes else f"{seconds}s"


def paused(objects: list[Obj]) -> Iterator[LintFinding]:
    """A paused repository fetches nothing and has no condition for it."""
    for obj in objects:
        made = stamped(obj)
        if made.get("kind") in ("PackageRepository", "PackageInstall", "App") and spec(made).get("paused"):
            what = f"the {made['kind']} is paused: nothing is ever fetched or installed"
            yield finding("paused", obj, what, lambda after: stamped(after)["spec"].pop("paused"))


def not_pinnable(objects: list[Obj]) -> Iterator[LintFinding]:
    """Where no parameter sets the version, every environment follows the newest."""
    policies = [obj for obj in objects if stamped(obj).get("kind") == "ImagePolicy"]
    for obj in policies:
        semver = (spec(stamped(obj)).get("policy") or {}).get("semver") or {}
        if semver and "$(" not in str(semver.get("range")):

            def fix(after: Obj, rule: str = str(semver.get("range"))) -> None:
                params = after["spec"].setdefault("params", [])
                params.append({"name": "semver", "default": rule})
                stamped(after)["spec"]["policy"]["semver"]["range"] = "$(params.semver)$"

            what = "the version rule is fixed: no environment can be pinned, prod follows dev's version"
            yield finding("not-pinnable", obj, what, fix)


def no_rebase(objects: list[Obj]) -> Iterator[LintFinding]:
    """Knative refuses every later apply that lacks the annotations that it set itself."""
    for obj in objects:
        text = str(spec(obj).get("ytt") or "") or json.dumps(stamped(obj))
        serves = "serving.knative.dev/v1" in text and "kind: Service" in text.replace('"', "")
        if obj.get("kind") != "ClusterConfigTemplate" or not serves or "rebaseRules" in text:
            continue

        def fix(after: Obj) -> None:
            if after["spec"].get("ytt"):
                after["spec"]["ytt"] = after["spec"]["ytt"].rstrip("\n") + _REBASE
            elif stamped(after).get("data") is not None:
                stamped(after)["data"]["kapp-config.yaml"] = _rebase_text()

        what = "the bundle has no kapp rebase rules: Knative refuses every second version"
        yield finding("no-rebase-rules", obj, what, fix)


def _rebase_text() -> str:
    lines = _REBASE.strip("\n").splitlines()[1:]
    return "\n".join(line.removeprefix("    ") for line in lines) + "\n"
