import pytest

from pkgops.platform.carto.choice import choose_blueprint
from pkgops.platform.carto.failure import ResourceFailed
from pkgops.platform.carto.options import choose_option
from pkgops.platform.carto.owner_kinds import DELIVERABLE, WORKLOAD
from pkgops.platform.carto.selection import Selector, SelectorError, field_matches, label_matches
from pkgops.platform.carto.typed import owner_view

READY = {"conditions": [{"type": "Ready", "status": "True", "reason": "Ready", "message": ""}]}


def workload(labels: dict[str, str] | None, **spec: object) -> dict[str, object]:
    meta = {"name": "w", "namespace": "n", **({"labels": labels} if labels is not None else {})}
    return {"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": meta, "spec": spec}


def chain(name: str, status: object = READY, **spec: object) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("operator", "values", "present", "absent"),
    [
        ("In", ["v"], True, False),
        ("In", ["other"], False, False),
        ("NotIn", ["v"], False, True),
        ("NotIn", ["other"], True, True),
        ("Exists", [], True, False),
        ("DoesNotExist", [], False, True),
    ],
)
def test_label_terms(operator: str, values: list[str], present: bool, absent: bool) -> None:
    term = {"key": "k", "operator": operator, "values": values}
    assert label_matches(term, {"k": "v"}) is present
    assert label_matches(term, {}) is absent


def test_unknown_operator_is_an_error() -> None:
    with pytest.raises(SelectorError):
        label_matches({"key": "k", "operator": "Near"}, {})


@pytest.mark.parametrize(
    ("key", "operator", "values", "expected"),
    [
        ("spec.source.git.url", "In", ["u"], True),
        ("spec.source.git.url", "NotIn", ["u"], False),
        ("spec.source.image", "Exists", [], False),
        ("spec.source.image", "DoesNotExist", [], True),
        ("spec.source.image", "NotIn", ["x"], True),
        ("metadata.labels.absent", "NotIn", ["x"], False),
        ("metadata.labels.absent", "Exists", [], False),
        ("metadata.labels.absent", "DoesNotExist", [], True),
        ("spec.serviceAccountName", "Exists", [], True),
        ("spec.build", "Exists", [], True),
        ('spec.params[?(@.name=="n")].value', "In", ["5"], False),
    ],
)
def test_field_terms(key: str, operator: str, values: list[str], expected: bool) -> None:
    owner = workload({"a": "b"}, source={"git": {"url": "u"}}, params=[{"name": "n", "value": 5}])
    assert field_matches({"key": key, "operator": operator, "values": values}, owner_view(owner)) is expected


def test_score_counts_terms_and_is_nothing_unless_all_match() -> None:
    owner = workload({"a": "1", "b": "2"}, image="i")
    selector = Selector(
        {"a": "1"}, [{"key": "b", "operator": "Exists"}], [{"key": "spec.image", "operator": "Exists"}]
    )
    assert selector.score(owner["metadata"]["labels"], owner_view(owner)) == 3
    assert selector.score({"a": "1"}, owner_view(owner)) == 0


def test_the_selector_with_most_terms_wins() -> None:
    chains = [chain("less", selector={"a": "1"}), chain("more", selector={"a": "1", "b": "2"})]
    choice = choose_blueprint(workload({"a": "1", "b": "2"}), chains, WORKLOAD)
    assert choice.blueprint is chains[1]
    assert choice.reason == ""


@pytest.mark.parametrize(
    ("owner", "chains", "reason", "message"),
    [
        (
            workload(None),
            [chain("c", selectorMatchFields=[{"key": "spec.build", "operator": "Exists"}])],
            "WorkloadLabelsMissing",
            "workload has no labels to match to supply chain",
        ),
        (
            workload({"b": "2", "a": "1"}),
            [chain("c", selector={"a": "other"})],
            "SupplyChainNotFound",
            "no supply chain found where full selector is satisfied by labels: map[a:1 b:2]",
        ),
        (
            workload({"b": "2", "a": "1"}),
            [chain("c", selector={"a": "1"}), chain("d", selector={"b": "2"})],
            "MultipleSupplyChainMatches",
            "workload may only match a single supply chain's selector",
        ),
        (
            workload({"a": "1"}),
            [chain("c")],
            "SupplyChainNotFound",
            "no supply chain found where full selector is satisfied by labels: map[a:1]",
        ),
    ],
)
def test_refusals(owner: object, chains: list[object], reason: str, message: str) -> None:
    choice = choose_blueprint(owner, chains, WORKLOAD)
    assert choice.blueprint is None
    assert choice.reason == reason
    assert choice.message == message


def test_words_of_deliveries() -> None:
    owner = {**workload({"a": "1"}), "kind": "Deliverable"}
    choice = choose_blueprint(owner, [], DELIVERABLE)
    assert choice.reason == "DeliveryNotFound"
    assert choice.message == "no delivery found where full selector is satisfied by labels: map[a:1]"
    assert choose_blueprint({**owner, "metadata": {"name": "d"}}, [], DELIVERABLE).message == (
        "deliverable has no labels to match to delivery"
    )


def test_a_blueprint_that_is_not_ready_is_named_with_its_reason() -> None:
    bad = {"type": "Ready", "status": "False", "reason": "TemplatesNotFound", "message": "did not find"}
    found = chain("c", {"conditions": [bad]}, selector={"a": "1"})
    choice = choose_blueprint(workload({"a": "1"}), [found], WORKLOAD)
    assert (choice.blueprint, choice.reason, choice.message) == (found, "TemplatesNotFound", "did not find")


def test_a_blueprint_nobody_looked_at_is_waited_for() -> None:
    assert choose_blueprint(workload({"a": "1"}), [chain("c", {}, selector={"a": "1"})], WORKLOAD).waiting


def option(name: str, **selector: object) -> dict[str, object]:
    return {"name": name, "selector": selector}


def resource(*options: object) -> dict[str, object]:
    return {"name": "r", "templateRef": {"kind": "ClusterSourceTemplate", "options": list(options)}}


HAS_TESTS = {"key": "has-tests", "operator": "Exists"}


def test_an_option_with_a_matching_term_beats_an_empty_selector() -> None:
    chosen = choose_option(
        workload({"has-tests": ""}), resource(option("all"), option("t", matchExpressions=[HAS_TESTS])), "bp"
    )
    assert chosen["name"] == "t"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (
            {"x": "y"},
            "expected exactly 1 option to match, found [0] matching options "
            "for resource [r] in supply chain [bp]",
        ),
        (
            {"has-tests": ""},
            "expected exactly 1 option to match, found [2] matching options [a, b] "
            "for resource [r] in supply chain [bp]",
        ),
    ],
)
def test_no_or_several_options(labels: dict[str, str], message: str) -> None:
    options = [option("a", matchExpressions=[HAS_TESTS]), option("b", matchLabels={"has-tests": ""})]
    with pytest.raises(ResourceFailed) as caught:
        choose_option(workload(labels), resource(*options), "bp")
    failure = caught.value.failure
    assert failure.reason == "UnknownError"
    assert failure.message == f"get template name from resource: find matching template option: {message}"
    assert failure.retry


def test_an_option_that_cannot_be_evaluated_is_named() -> None:
    bad = {"key": "spec.source[", "operator": "Exists"}
    with pytest.raises(ResourceFailed, match=r"error matching against template option \[b\]"):
        choose_option(
            workload({"a": "1"}),
            resource(option("a", matchLabels={"a": "1"}), option("b", matchFields=[bad])),
            "bp",
        )
