import json
from typing import Any

import pytest

from pkgops.kapp.config import defaults, parse, split
from pkgops.kapp.configrules import API_VERSION
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


DECODING = "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"kind": "Configuration"}, "Expected kapp config to have kind 'Config', but was 'Configuration'"),
        (
            {"rebaseRules": {"path": ["a"]}},
            f"Unmarshaling configmap/x (v1) cluster: {DECODING} object into Go struct field "
            "Config.rebaseRules of type []config.RebaseRule",
        ),
        (
            {"changeGroupBindings": ["apps"]},
            f"Unmarshaling configmap/x (v1) cluster: {DECODING} string into Go struct field "
            "Config.changeGroupBindings of type config.ChangeGroupBinding",
        ),
        (
            {"minimumRequiredVersion": "v0.30.0"},
            "Validating config:\n    Validating minimum version:\n      "
            "Must not have prefix 'v' (e.g. '0.8.0')",
        ),
        (
            {"minimumRequiredVersion": "0.99.0"},
            "Validating config: kapp version '0.63.2' does not meet the minimum required version '0.99.0'",
        ),
        (
            {"minimumRequiredVersion": "new"},
            "Validating config:\n    Parsing minimum version constraint:\n      Malformed constraint: >=new",
        ),
        (
            {"rebaseRules": [{"path": ["a"], "type": "remove"}, {"type": "copy"}]},
            "Validating config:\n    Validating rebase rule 1:\n      "
            "Expected either path or paths to be specified",
        ),
        (
            {"rebaseRules": [{"path": ["a"], "paths": [["b"]], "type": "remove"}]},
            "Validating config:\n    Validating rebase rule 0:\n      "
            "Expected only one of path or paths specified",
        ),
    ],
)
def test_what_kapp_refuses_of_a_config_is_told_with_its_resource(document: dict[str, Any], said: str) -> None:
    config = {"apiVersion": API_VERSION, "kind": "Config", **document}
    labelled = thing("v1", "ConfigMap", labels={"kapp.k14s.io/config": ""})
    with pytest.raises(KappError) as found:
        split([{**labelled, "data": {"config.yml": json.dumps(config)}}])
    place = "Parsing resource 'configmap/x (v1) cluster' labeled as kapp config:"
    assert found.value.what == f"{place}\n  {said}"


def test_a_document_of_another_kind_is_told_with_its_resource() -> None:
    with pytest.raises(KappError) as found:
        split([thing(API_VERSION, "Configs")])
    assert found.value.what == (
        f"Parsing resource 'configs/x ({API_VERSION}) cluster' as kapp config:\n"
        "  Expected kapp config to have kind 'Config', but was 'Configs'"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", f"Expected kapp config to have apiVersion '{API_VERSION}', but was ''"),
        ("- a", f"Parsing kapp config as resource:\n    {DECODING} array into Go value of type map[string]"),
    ],
)
def test_a_text_that_is_no_config_is_told(text: str, said: str) -> None:
    labelled = thing("v1", "ConfigMap", labels={"kapp.k14s.io/config": ""})
    with pytest.raises(KappError) as found:
        split([{**labelled, "data": {"config.yml": text}}])
    assert f"labeled as kapp config:\n  {said}" in found.value.what


@pytest.mark.parametrize("version", ["0.63.2", "0.30", "0", "0.60.0-alpha.1"])
def test_a_version_that_is_met_is_none_that_matters(version: str) -> None:
    split([{**thing(API_VERSION, "Config"), "minimumRequiredVersion": version}])


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
