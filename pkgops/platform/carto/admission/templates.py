"""Validation of templates; the first problem in upstream's order is reported. Pure."""

from __future__ import annotations

from pkgops.formats import gofmt, gojson
from pkgops.kube import Obj
from pkgops.platform.carto.admission.problem import Problem

_RULES = ("alwaysHealthy", "singleConditionType", "multiMatch")


def template_problem(obj: Obj) -> None:
    """Check one of the five template kinds. Raises Problem."""
    spec = obj["spec"]
    template, text = spec.get("template"), spec.get("ytt")
    if bool(template) == bool(text):
        given_kinds = "both" if template else "neither"
        raise Problem(f"invalid template: must specify one of template or ytt, found {given_kinds}")
    if template:
        _check_object(template)
    if spec.get("healthRule") is not None:
        # Upstream returns here, so that the retention policy below is not validated.
        _check_health_rule(spec["healthRule"])
        return
    if spec.get("lifecycle", "mutable") == "mutable" and spec.get("retentionPolicy"):
        raise Problem("invalid template: if lifecycle is mutable, no retention policy may be set")


def deployment_template_problem(obj: Obj) -> None:
    """Check a ClusterDeploymentTemplate. Raises Problem."""
    template_problem(obj)
    spec = obj["spec"]
    if bool(spec.get("observedMatches")) == bool(spec.get("observedCompletion")):
        raise Problem(
            "invalid spec: must set exactly one of spec.ObservedMatches and spec.ObservedCompletion"
        )


def run_template_problem(obj: Obj) -> None:
    """Check a ClusterRunTemplate. Raises Problem."""
    template = obj["spec"].get("template") or {}
    _check_object(template)
    if template.get("spec") is None:
        raise Problem(f"invalid template: object must have a spec; templated object: {gofmt.text(template)}")


def _check_object(template: Obj) -> None:
    if not template.get("kind"):
        detail = f"Object 'Kind' is missing in '{gojson.to_json(template)}'"
        raise Problem(f"invalid template: failed to parse object: {detail}")
    if (template.get("metadata") or {}).get("namespace"):
        raise Problem("invalid template: template should not set metadata.namespace on the child object")


def _check_health_rule(rule: Obj) -> None:
    given = [name for name in _RULES if rule.get(name) not in (None, "")]
    if len(given) != 1:
        given_kinds = "multiple" if given else "neither"
        rule_text = "must specify one of alwaysHealthy, singleConditionType or multiMatch"
        raise Problem(f"invalid health rule: {rule_text}, found {given_kinds}")
    if given == ["multiMatch"]:
        for side in ("unhealthy", "healthy"):
            _check_match_rule(rule["multiMatch"].get(side) or {}, side)


def _check_match_rule(rule: Obj, side: str) -> None:
    if not rule.get("matchFields") and not rule.get("matchConditions"):
        raise Problem(f"invalid multi match health rule: {side} rule has no matchFields or matchConditions")
