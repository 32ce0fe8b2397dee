"""Versioned resources: names that count, and references that follow."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pkgops.formats import yaml
from pkgops.kapp.change import Change, Differ
from pkgops.kapp.config import defaults
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj
from pkgops.kapp.labelling import identified

DIFFER = Differ(defaults())


def config_map(value: str, **notes: str) -> Obj:
    meta = {"name": "conf", "namespace": "n", "annotations": {"kapp.k14s.io/versioned": "", **notes}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"v": value}}


def deployment(**notes: str) -> Obj:
    source = {"configMapRef": {"name": "conf"}}
    volumes = [{"name": "a", "configMap": {"name": "conf"}}, {"name": "b", "configMap": {"name": "other"}}]
    pod = {"containers": [{"name": "a", "envFrom": [source]}], "volumes": volumes}
    meta = {"name": "app", "namespace": "n", "annotations": dict(notes)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta,
        "spec": {"template": {"spec": pod}},
    }


def deploy(new: list[Obj], cluster: list[Obj]) -> tuple[list[Change], list[Obj]]:
    """Return the changes, and what the cluster has after them."""
    changes = DIFFER.changes(new, cluster)
    gone = [change.resource["metadata"]["name"] for change in changes if change.op in ("delete", "update")]
    kept = [obj for obj in cluster if obj["metadata"]["name"] not in gone]
    return changes, kept + [stored(change) for change in changes if change.op in ("create", "update")]


def stored(change: Change) -> Obj:
    """Return a resource as the server has it once it is applied."""
    saved = identified(change.resource)
    notes = DIFFER.record(saved, change.applied or {})
    saved["metadata"]["annotations"] |= notes
    return saved


def ops(changes: list[Change]) -> dict[str, str]:
    return {change.resource["metadata"]["name"]: change.op for change in changes}


def references(cluster: list[Obj]) -> list[Any]:
    pod = next(obj for obj in cluster if obj["kind"] == "Deployment")["spec"]["template"]["spec"]
    return [
        pod["containers"][0]["envFrom"][0]["configMapRef"]["name"],
        *(volume["configMap"]["name"] for volume in pod["volumes"]),
    ]


def test_each_content_has_its_own_name_and_references_follow() -> None:
    first, cluster = deploy([config_map("1"), deployment()], [])
    assert ops(first) == {"conf-ver-1": "create", "app": "create"}
    assert references(cluster) == ["conf-ver-1", "conf-ver-1", "other"]
    same, cluster = deploy([config_map("1"), deployment()], cluster)
    assert ops(same) == {"conf-ver-1": "noop", "app": "noop"}
    second, cluster = deploy([config_map("2"), deployment()], cluster)
    assert ops(second) == {"conf-ver-2": "create", "app": "update"}
    assert references(cluster) == ["conf-ver-2", "conf-ver-2", "other"]


@pytest.mark.parametrize(("notes", "kept"), [({}, 6), ({"kapp.k14s.io/num-versions": "2"}, 3)])
def test_old_versions_go_and_the_newest_stay(notes: dict[str, str], kept: int) -> None:
    cluster: list[Obj] = []
    for number in range(12):
        _, cluster = deploy([config_map(str(number), **notes)], cluster)
    assert [obj["metadata"]["name"] for obj in cluster] == [f"conf-ver-{n}" for n in range(13 - kept, 13)]
    changes, cluster = deploy([], cluster)
    assert cluster == []
    assert {change.op for change in changes} == {"delete"}


@pytest.mark.parametrize(("value", "words"), [("few", "to be an integer"), ("0", "to be a >= 1")])
def test_a_number_of_versions_that_is_none_is_refused(value: str, words: str) -> None:
    with pytest.raises(KappError, match=words):
        deploy([config_map("1", **{"kapp.k14s.io/num-versions": value})], [])


def test_the_original_may_stay_beside_its_versions() -> None:
    given = config_map("1", **{"kapp.k14s.io/versioned-keep-original": ""})
    before = copy.deepcopy(given)
    changes, cluster = deploy([given], [])
    assert ops(changes) == {"conf-ver-1": "create", "conf": "create"}
    assert given == before
    changed, _ = deploy([config_map("2", **{"kapp.k14s.io/versioned-keep-original": ""})], cluster)
    assert ops(changed) == {"conf-ver-2": "create", "conf": "update"}


def test_an_annotation_refers_to_a_version_too() -> None:
    key = "kapp.k14s.io/versioned-explicit-ref"
    text = "apiVersion: v1\nkind: ConfigMap\nname: conf\n"
    other = text.replace("conf", "else")
    _, cluster = deploy([config_map("1"), deployment(**{key: text, f"{key}.2": other})], [])
    notes = next(obj for obj in cluster if obj["kind"] == "Deployment")["metadata"]["annotations"]
    assert yaml.parse(notes[key], "note") == {"apiVersion": "v1", "kind": "ConfigMap", "name": "conf-ver-1"}
    assert notes[f"{key}.2"] == other
    with pytest.raises(KappError, match="apiVersion, kind and name"):
        deploy([config_map("1"), deployment(**{key: "name: conf"})], [])


def test_secrets_are_followed_from_accounts_and_cron_jobs() -> None:
    secret = {**config_map("1"), "kind": "Secret", "data": {"v": "MQ=="}}
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "a", "namespace": "n"},
        "imagePullSecrets": [{"name": "conf"}],
    }
    pod = {"volumes": [{"name": "a", "secret": {"secretName": "conf"}}]}
    job = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "j", "namespace": "n"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": pod}}}},
    }
    changes = {
        change.resource["kind"]: change.resource for change in DIFFER.changes([secret, account, job], [])
    }
    assert changes["ServiceAccount"]["imagePullSecrets"] == [{"name": "conf-ver-1"}]
    found = changes["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["volumes"]
    assert found[0]["secret"]["secretName"] == "conf-ver-1"
