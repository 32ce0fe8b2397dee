"""Rebase rules that are ytt overlays: their data values, their results, and their errors."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pkgops.kapp import KappError
from pkgops.kapp.change import Differ
from pkgops.kapp.config import API_VERSION, split
from pkgops.platform.carvel.deploy import options_for
from pkgops.platform.carvel.rebaseoverlay import apply_overlay

Obj = dict[str, Any]

LOADS = """
#@ load("@ytt:data", "data")
#@ load("@ytt:json", "json")
#@ load("@ytt:overlay", "overlay")
"""
KEEP_REPLICAS = f"""{LOADS}
#@ if hasattr(data.values.existing.spec, "replicas"):
#@overlay/match by=overlay.all
---
spec:
  #@overlay/match missing_ok=True
  replicas: #@ data.values.existing.spec.replicas
#@ end
"""
NOOP_WHERE_EQUAL = f"""{LOADS}
#@ if/end json.encode(data.values.existing.spec) == json.encode(data.values.new.spec):
#@overlay/match by=overlay.all
---
metadata:
  #@overlay/match missing_ok=True
  annotations:
    #@overlay/match missing_ok=True
    kapp.k14s.io/noop: ""
"""


def deployment(replicas: int | None = None, **spec: Any) -> Obj:
    scaled = {} if replicas is None else {"replicas": replicas}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {**spec, **scaled},
    }


def overlay_rule(text: str) -> Obj:
    return {
        "ytt": {"overlayContractV1": {"overlay.yml": text}},
        "resourceMatchers": [{"apiVersionKindMatcher": {"apiVersion": "apps/v1", "kind": "Deployment"}}],
    }


def differ(*rules: Obj) -> Differ:
    """The options of the deployer of an App, and of the comparison with live resources."""
    _, config = split([{"apiVersion": API_VERSION, "kind": "Config", "rebaseRules": list(rules)}])
    options, _, _ = options_for({"metadata": {}, "spec": {}})
    return Differ(config, options.overlay, wait=False)


def test_what_the_cluster_has_can_be_kept() -> None:
    kept = differ(overlay_rule(KEEP_REPLICAS))
    assert kept.upsert(deployment(1, paused=False), deployment(3)).resource["spec"] == {
        "paused": False,
        "replicas": 3,
    }
    assert kept.upsert(deployment(1), deployment(3)).op == "noop"
    assert kept.upsert(deployment(1), deployment()).resource["spec"] == {"replicas": 1}


def test_an_annotation_of_kapp_counts_that_an_overlay_sets() -> None:
    same = differ(overlay_rule(NOOP_WHERE_EQUAL))
    labelled = deployment(1)
    labelled["metadata"]["labels"] = {"other": "label"}
    assert same.upsert(labelled, deployment(1)).op == "noop"
    assert same.upsert(deployment(2), deployment(1)).op == "update"


def test_current_is_what_the_rules_before_left() -> None:
    before = {
        "path": ["spec", "replicas"],
        "type": "copy",
        "sources": ["existing"],
        "resourceMatchers": [{"allMatcher": {}}],
    }
    text = f"""{LOADS}
#@overlay/match by=overlay.all
---
spec:
  #@overlay/match missing_ok=True
  seen: #@ [data.values.new.spec.replicas, data.values._current.spec.replicas]
"""
    found = differ(before, overlay_rule(text)).upsert(deployment(1), deployment(3)).resource
    assert found["spec"] == {"replicas": 3, "seen": [1, 3]}


def test_no_rule_is_asked_of_what_it_does_not_match_or_what_is_new() -> None:
    never = differ(overlay_rule(f'{LOADS}\n#@ fail("asked")'))
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "apps"}}
    assert never.upsert(config_map, config_map).op == "noop"
    assert never.upsert(deployment(1), None).op == "create"


def test_texts_that_look_like_other_values_stay_texts_and_nothing_given_changes() -> None:
    given = deployment()
    given["spec"] = {"texts": ["yes", "0o7", "1e3", "2026-01-01", "#@ x", "a: b", "line\n two", "ü"]}
    given["spec"]["numbers"] = [9007199254740993, 1.5, True, None, {}, []]
    before = copy.deepcopy(given)
    assert apply_overlay("", given, given, given) == before
    assert given == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f'{LOADS}\n#@ fail("taken by others")', "Evaluating: .*taken by others"),
        ("a: #@ nope", "Evaluating: .*nope"),
        (
            f"{LOADS}\n#@overlay/match by=overlay.all\n#@overlay/remove\n---\n",
            "Expected one resource to be returned from ytt, but was 0",
        ),
        (
            f"{LOADS}\n#@overlay/match by=overlay.all\n#@overlay/insert after=True\n---\nkind: Other\n",
            "Expected one resource to be returned from ytt, but was 2",
        ),
    ],
)
def test_one_that_fails_names_the_resource_and_the_contract(text: str, told: str) -> None:
    with pytest.raises(KappError) as failed:
        differ(overlay_rule(text)).upsert(deployment(1), deployment(2))
    began = "Applying rebase rule to deployment/web (apps/v1) namespace: apps: "
    assert failed.value.what.startswith(f"{began}Applying ytt (overlayContractV1): ")
    assert failed.match(rf"(?s){told}")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"path": ["spec"]}, "Expected only resourceMatchers specified with ytt configuration"),
        ({"type": "copy"}, "Expected only resourceMatchers specified with ytt configuration"),
        (
            {"ytt": {"funcContractV1": {}}},
            r"Unknown rebase rule ytt contract \(supported: overlayContractV1\)",
        ),
    ],
)
def test_a_rule_that_kapp_refuses_is_refused(changed: Obj, told: str) -> None:
    with pytest.raises(KappError, match=told):
        differ({**overlay_rule(""), **changed})
