"""Refusals with their messages; the table follows the order of the checks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pkgops import ytt
from pkgops.formats import yaml
from pkgops.platform.carto.admission.review import CHECKS, problem_of, registrations, respond

Obj = dict[str, Any]
SOURCE, IMAGE, DEPLOY = "ClusterSourceTemplate", "ClusterImageTemplate", "ClusterDeploymentTemplate"


def resource(name: str = "r", kind: str = SOURCE, **more: Any) -> Obj:
    reference = {"kind": kind, **more.pop("ref", {"name": "t"})}
    return {"name": name, "templateRef": reference, **more}


def option(name: str = "", **more: Any) -> Obj:
    made = {"name": name} if name else {}
    return {**made, "selector": {"matchLabels": {"l": name or "x"}}, **more}


def options(*given: Obj) -> Obj:
    return {"ref": {"options": list(given)}}


def blueprint(kind: str, *resources: Obj, **spec: Any) -> Obj:
    spec = {"selector": {"a": "b"}, "resources": list(resources), **spec}
    return {"kind": kind, "metadata": {"name": "bp"}, "spec": spec}


def chain(*resources: Obj, **spec: Any) -> Obj:
    return blueprint("ClusterSupplyChain", *resources, **spec)


def delivery(*resources: Obj, **spec: Any) -> Obj:
    return blueprint("ClusterDelivery", *resources, **spec)


def field(key: str, operator: str = "Exists", *values: str) -> Obj:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


NO_SELECTOR = "at least one selector, selectorMatchExpression, selectorMatchField must be specified"
BAD_PARAM = "param [p] is invalid: must set exactly one of value and default"
REF = (
    "error validating resource [r]: exactly one of templateRef.Name or templateRef.Options must be specified"
)
OPTION = "error validating resource [r]: exactly one of option.Name or option.PassThrough must be specified"


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (chain(resource()), ""),
        (chain(resource(), selector={}), NO_SELECTOR),
        (chain(resource(), params=[{"name": "p"}]), BAD_PARAM),
        (chain(resource(), params=[{"name": "p", "value": 1, "default": 2}]), BAD_PARAM),
        (chain(resource(), params=[{"name": "p", "value": None}]), ""),
        (chain(resource(params=[{"name": "p"}])), f"resource [r] is invalid: {BAD_PARAM}"),
        (
            chain(resource(), selectorMatchExpressions=[{"key": "k", "operator": "Near"}]),
            'selectorMatchExpressions are not valid: "Near" is not a valid label selector operator',
        ),
        (
            chain(resource(), selectorMatchExpressions=[{"key": "k", "operator": "In"}]),
            "selectorMatchExpressions are not valid: values: Invalid value: []: "
            "for 'in', 'notin' operators, values set can't be empty",
        ),
        (
            chain(resource(), selectorMatchFields=[field("spec.image", "Exists", "x")]),
            "cannot specify values with operator [Exists]",
        ),
        (
            chain(resource(), selectorMatchFields=[field("spec.image", "In")]),
            "must specify values with operator [In]",
        ),
        (
            chain(resource(), selectorMatchFields=[field("workload.spec.image")]),
            "requirement key [workload.spec.image] is not a valid path",
        ),
        (
            chain(resource(), selectorMatchFields=[field("spec.env[0")]),
            "invalid jsonpath for key [spec.env[0]: unterminated array",
        ),
        (chain(resource(), selectorMatchFields=[field("metadata.labels.x")]), ""),
        (chain(resource("a"), resource("a")), "duplicate resource name [a] found"),
        (
            chain(resource(**options(option("a"), {**option("b"), "name": "a"}))),
            "duplicate template name [a] found in options for resource [r]",
        ),
        (
            chain(
                resource(ref={"name": "t", "options": [option("a"), option("b")]}),
            ),
            f"{REF}, found both",
        ),
        (chain(resource(ref={})), f"{REF}, found neither"),
        (
            chain(resource(**options(option("a")))),
            "error validating resource [r]: templateRef.Options must have more than one option",
        ),
        (
            chain(resource(**options(option("a"), option("b", passThrough="x")))),
            f"{OPTION}, found both",
        ),
        (chain(resource(**options(option("a"), option()))), f"{OPTION}, found neither"),
        (
            chain(resource(**options(option("a"), option("b", selector={})))),
            "error validating resource [r]: error validating option [b] selector: "
            "at least one of matchLabels, matchExpressions or MatchFields must be specified",
        ),
        (
            chain(resource(**options(option("a"), {**option("b"), "selector": option("a")["selector"]}))),
            "error validating resource [r]: duplicate selector found in options [a, b]",
        ),
        (
            chain(resource(kind="ClusterTemplate", **options(option("a"), option(passThrough="s")))),
            "error validating resource [r]: TemplateRef.Kind [ClusterTemplate] is not a known type",
        ),
        (
            chain(resource(**options(option("a"), option(passThrough="s")))),
            "error validating resource [r]: pass through [s] does not refer to a known input",
        ),
        (
            chain(
                resource("src"),
                resource(
                    sources=[{"name": "s", "resource": "src"}],
                    **options(option("a"), option(passThrough="s")),
                ),
            ),
            "",
        ),
        (
            chain(resource(sources=[{"name": "s", "resource": "nobody"}])),
            "invalid sources for resource [r]: [s] is provided by unknown resource [nobody]",
        ),
        (
            chain(resource("img", IMAGE), resource(sources=[{"name": "s", "resource": "img"}])),
            "invalid sources for resource [r]: resource [img] providing [s] "
            "must reference a ClusterSourceTemplate",
        ),
        (
            chain(resource("src"), resource(images=[{"name": "i", "resource": "src"}])),
            "invalid images for resource [r]: resource [src] providing [i] "
            "must reference a ClusterImageTemplate",
        ),
    ],
)
def test_supply_chains(obj: Obj, message: str) -> None:
    prefix = "error validating clustersupplychain [bp]: "
    assert problem_of(obj) == (prefix + message if message else "")


TO = {"deployment": {"resource": "src"}}


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (delivery(resource("src"), resource(kind=DEPLOY, **TO)), ""),
        (delivery(resource(), selector={}), NO_SELECTOR),
        (delivery(resource("a"), resource("a")), 'spec.resources[1].name "a" cannot appear twice'),
        (
            delivery(resource(), selectorMatchFields=[field("spec.image")]),
            "requirement key [spec.image] is not a valid path",
        ),
        (
            delivery(resource(kind=DEPLOY)),
            "spec.resources[r] is a ClusterDeploymentTemplate and must receive a deployment",
        ),
        (
            delivery(resource(**TO)),
            "spec.resources[r] receives a deployment but is not a ClusterDeploymentTemplate",
        ),
        (
            delivery(resource(kind=DEPLOY, configs=[{"name": "c", "resource": "x"}], **TO)),
            "spec.resources[r] is a ClusterDeploymentTemplate and must not receive config",
        ),
    ],
)
def test_deliveries(obj: Obj, message: str) -> None:
    prefix = "error validating clusterdelivery [bp]: "
    assert problem_of(obj) == (prefix + message if message else "")


STAMPED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
FOREIGN = {**STAMPED, "metadata": {"namespace": "n"}}
MATCH = {"matchConditions": [{"type": "Ready", "status": "True"}]}


def template(kind: str = "ClusterTemplate", **spec: Any) -> Obj:
    return {"kind": kind, "metadata": {"name": "t"}, "spec": spec}


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (template(template=STAMPED), ""),
        (template(ytt="kind: X"), ""),
        (template(), "invalid template: must specify one of template or ytt, found neither"),
        (
            template(template=STAMPED, ytt="x"),
            "invalid template: must specify one of template or ytt, found both",
        ),
        (
            template(template={"apiVersion": "v1"}),
            "invalid template: failed to parse object: Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}'",
        ),
        (
            template(template=FOREIGN),
            "invalid template: template should not set metadata.namespace on the child object",
        ),
        (
            template(template=STAMPED, healthRule={}),
            "invalid health rule: must specify one of alwaysHealthy, singleConditionType or multiMatch, "
            "found neither",
        ),
        (
            template(template=STAMPED, healthRule={"alwaysHealthy": {}, "singleConditionType": "Ready"}),
            "invalid health rule: must specify one of alwaysHealthy, singleConditionType or multiMatch, "
            "found multiple",
        ),
        (
            template(template=STAMPED, healthRule={"multiMatch": {"healthy": MATCH, "unhealthy": {}}}),
            "invalid multi match health rule: unhealthy rule has no matchFields or matchConditions",
        ),
        (
            template(template=STAMPED, healthRule={"multiMatch": {"healthy": {}, "unhealthy": MATCH}}),
            "invalid multi match health rule: healthy rule has no matchFields or matchConditions",
        ),
        (
            template(template=STAMPED, retentionPolicy={"maxFailedRuns": 1, "maxSuccessfulRuns": 1}),
            "invalid template: if lifecycle is mutable, no retention policy may be set",
        ),
        (
            template(
                template=STAMPED,
                healthRule={"alwaysHealthy": {}},
                retentionPolicy={"maxFailedRuns": 1, "maxSuccessfulRuns": 1},
            ),
            "",
        ),
        (
            template(DEPLOY, template=STAMPED),
            "invalid spec: must set exactly one of spec.ObservedMatches and spec.ObservedCompletion",
        ),
        (template(DEPLOY, template=STAMPED, observedMatches=[{"input": "a", "output": "b"}]), ""),
        (template("ClusterRunTemplate", template={**STAMPED, "spec": {}}), ""),
        (
            template("ClusterRunTemplate", template=FOREIGN),
            "invalid template: template should not set metadata.namespace on the child object",
        ),
        (
            template("ClusterRunTemplate", template=STAMPED),
            "invalid template: object must have a spec; templated object: "
            "map[apiVersion:v1 kind:ConfigMap metadata:map[name:x]]",
        ),
    ],
)
def test_templates(obj: Obj, message: str) -> None:
    assert problem_of(obj) == message


def test_reviews_carry_uid_verdict_and_message() -> None:
    asked = {"request": {"uid": "7", "object": template()}}
    response = respond(asked)["response"]
    assert response["uid"] == "7"
    assert response["allowed"] is False
    assert response["status"]["message"].startswith("invalid template: must specify")
    assert respond({"request": {"uid": "8", "object": template(ytt="x")}})["response"] == {
        "uid": "8",
        "allowed": True,
    }


def test_every_cluster_scoped_kind_has_its_webhook() -> None:
    (configuration,) = registrations("https://x:1", "bundle")
    names = [webhook["name"] for webhook in configuration["webhooks"]]
    assert names == [f"{name}.cartographer.com" for _, name, _ in CHECKS.values()]
    assert len(names) == 8
    assert {webhook["failurePolicy"] for webhook in configuration["webhooks"]} == {"Fail"}


ROOT = Path(__file__).parents[2]


def shipped() -> list[Obj]:
    """The pipeline's own templates, rendered with the example's values."""
    folder = ROOT / "templates"
    files = [
        ytt.InputFile(path=str(path.relative_to(folder)), content=path.read_text())
        for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.star")])
    ]
    values = yaml.parse((ROOT / "config.example.yaml").read_text(), "config.example.yaml")
    values.pop("pkgops", None)
    rendered = ytt.render(files, ytt.DataValues(values=values))
    return [document for document in yaml.parse_all(rendered, "rendered") if document]


def examples() -> list[Obj]:
    paths = sorted((ROOT / "tests" / "data" / "carto" / "examples").glob("*.yaml"))
    texts = [(path.read_text(), path.name) for path in paths]
    return [document for text, name in texts for document in yaml.parse_all(text, name) if document]


@pytest.mark.parametrize("documents", [shipped, examples])
def test_what_is_shipped_and_shown_is_not_refused(documents: Callable[[], list[Obj]]) -> None:
    checked = [document for document in documents() if document["kind"] in CHECKS]
    assert {problem_of(document) for document in checked} == {""}
    assert len(checked) > 5
