"""The responses to AdmissionReviews, and the registration of the eight webhooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pkgops.kube import Obj
from pkgops.platform.carto.admission.blueprints import delivery_problem, supply_chain_problem
from pkgops.platform.carto.admission.problem import Problem
from pkgops.platform.carto.admission.templates import (
    deployment_template_problem,
    run_template_problem,
    template_problem,
)
from pkgops.platform.webhooks import VALIDATING, configuration, reviewed, webhook

PATH = "/carto"
CONFIGURATION = "cartographer.com"
Check = Callable[[Obj], None]

# Kind -> plural, the name of upstream's validator, and the check, which raises Problem.
CHECKS: Mapping[str, tuple[str, str, Check]] = {
    "ClusterSupplyChain": ("clustersupplychains", "supply-chain-validator", supply_chain_problem),
    "ClusterDelivery": ("clusterdeliveries", "delivery-validator", delivery_problem),
    "ClusterSourceTemplate": ("clustersourcetemplates", "source-template-validator", template_problem),
    "ClusterImageTemplate": ("clusterimagetemplates", "image-template-validator", template_problem),
    "ClusterConfigTemplate": ("clusterconfigtemplates", "config-template-validator", template_problem),
    "ClusterDeploymentTemplate": (
        "clusterdeploymenttemplates",
        "deployment-template-validator",
        deployment_template_problem,
    ),
    "ClusterTemplate": ("clustertemplates", "template-validator", template_problem),
    "ClusterRunTemplate": ("clusterruntemplates", "run-template-validator", run_template_problem),
}


def problem_of(obj: Obj) -> str:
    """Return the message with which an object is refused; empty if it is admitted."""
    try:
        CHECKS[str(obj["kind"])][2](obj)
    except Problem as problem:
        return str(problem)
    return ""


def respond(admission_review: Obj) -> Obj:
    """Return the AdmissionReview with the response to a request."""
    request = admission_review["request"]
    problem = problem_of(request["object"])
    refusal = {"code": 403, "reason": "Forbidden", "message": problem} if problem else None
    return reviewed(request, refusal=refusal)


def registrations(root: str, bundle: str) -> list[Obj]:
    """Return the ValidatingWebhookConfiguration whose URLs start with ``root``."""
    webhooks = [_webhook(plural, name, f"{root}{PATH}", bundle) for plural, name, _ in CHECKS.values()]
    return [configuration(VALIDATING, CONFIGURATION, "carto", webhooks)]


def _webhook(plural: str, name: str, url: str, bundle: str) -> Obj:
    rule = {
        "apiGroups": ["carto.run"],
        "apiVersions": ["v1alpha1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [plural],
        "scope": "Cluster",
    }
    return webhook(f"{name}.cartographer.com", url, bundle, rule)
