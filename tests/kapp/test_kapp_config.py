from typing import Any

import pytest

from pkgops.kapp.config import API_VERSION, defaults, parse, split
from pkgops.kapp.errors import KappError
from pkgops.kapp.matchers import any_of, is_custom_resource, matcher


def thing(api: str, kind: str, **meta: object) -> dict[str, object]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "x", **meta}}


def test_config_documents_are_taken_out_and_added_to_the_defaults() -> None:
    rule = {"path": ["a"], "type": "remove", "resourceMatchers": [{"allMatcher": {}}]}
    document = {"apiVersion": API_VERSION, "kind": "Config", "rebaseRules": [rule]}
    rest, config = split([thing("v1", "ConfigMap"), document])
    assert rest == [thing("v1", "ConfigMap")]
    assert len(config.rebase_rules) == len(defaults().rebase_rules) + 1


def test_a_config_in_a_labelled_config_map_counts_and_is_deployed_too() -> None:
    rule = "{path: [data], type: remove, resourceMatchers: [{allMatcher: {}}]}"
    text = f"apiVersion: {API_VERSION}\nkind: Config\nrebaseRules: [{rule}]\n"
    given = {
        **thing("v1", "ConfigMap", labels={"kapp.k14s.io/config": ""}),
        "data": {"config.yml": text},
    }
    rest, config = split([given])
    assert rest == [given]
    assert len(config.rebase_rules) == len(defaults().rebase_rules) + 1


@pytest.mark.parametrize("given", [[1], "text", 3])
def test_what_is_no_map_is_refused(given: Any) -> None:
    with pytest.raises(KappError, match="Expected each resource to be a map"):
        split([given])


def test_a_labelled_config_that_cannot_be_read_is_refused() -> None:
    labelled = thing("v1", "ConfigMap", labels={"kapp.k14s.io/config": ""})
    for given in (labelled, {**labelled, "data": {"other.yml": ""}}, {**labelled, "kind": "Secret"}):
        with pytest.raises(KappError, match="labeled as kapp config"):
            split([given])


@pytest.mark.parametrize(
    "document",
    [
        {"rebaseRule": []},
        {"rebaseRules": [{"path": ["a"], "type": "move"}]},
        {"rebaseRules": [{"path": ["a"], "type": "copy", "sources": ["old"]}]},
        {"rebaseRules": [{"path": ["a"], "type": "remove", "resourceMatchers": [{"someMatcher": {}}]}]},
    ],
)
def test_what_is_unknown_is_refused(document: dict[str, object]) -> None:
    with pytest.raises(KappError):
        parse({"apiVersion": API_VERSION, "kind": "Config", **document})


def test_matchers() -> None:
    deployment = thing("apps/v1", "Deployment", namespace="n", annotations={"a": "1"})
    yes = [
        {"allMatcher": {}},
        {"apiGroupKindMatcher": {"apiGroup": "apps", "kind": "Deployment"}},
        {"apiVersionKindMatcher": {"apiVersion": "apps/v1", "kind": "Deployment"}},
        {"kindNamespaceNameMatcher": {"kind": "Deployment", "namespace": "n", "name": "x"}},
        {"hasAnnotationMatcher": {"keys": ["a"]}},
        {"hasNamespaceMatcher": {}},
        {"hasNamespaceMatcher": {"names": ["n"]}},
        {"notMatcher": {"matcher": {"customResourceMatcher": {}}}},
        {"emptyFieldMatcher": {"path": ["spec", "aggregationRule"]}},
        {"andMatcher": {"matchers": [{"allMatcher": {}}, {"hasNamespaceMatcher": {}}]}},
        {"anyMatcher": {"matchers": [{"customResourceMatcher": {}}, {"allMatcher": {}}]}},
    ]
    assert all(matcher(raw)(deployment) for raw in yes)
    no = [
        {"apiVersionKindMatcher": {"apiVersion": "apps/v1beta1", "kind": "Deployment"}},
        {"hasNamespaceMatcher": {"names": ["other"]}},
        {"hasAnnotationMatcher": {"keys": ["a", "b"]}},
        {"notMatcher": {"matcher": {"allMatcher": {}}}},
    ]
    assert not any_of(no)(deployment)


def test_custom_resources_are_known_by_their_group() -> None:
    assert is_custom_resource(thing("serving.knative.dev/v1", "Service"))
    assert not is_custom_resource(thing("v1", "Service"))
    assert not is_custom_resource(thing("rbac.authorization.k8s.io/v1", "Role"))
