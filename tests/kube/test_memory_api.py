"""The API server of the unit tests does what the checks say that a real one does, and refuses as told."""

from __future__ import annotations

import pytest
from api_contract import CHECKS, config_map

from pkgops.kube import Client, Forbidden, connect
from pkgops.kube.errors import ApiError, Gone


@pytest.fixture
def memory(memory_api):
    memory_api.namespaces("here")
    return memory_api


@pytest.fixture
def client(memory, tmp_path) -> Client:
    return connect(memory.kubeconfig(tmp_path / "config"))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_as_an_api_server(check, client):
    check(client, "here")


def test_generations_follow_the_spec_alone(memory, client):
    memory.serve(("example.com/v1", "Thing"))
    meta = {"name": "a", "namespace": "here"}
    client.create({"apiVersion": "example.com/v1", "kind": "Thing", "metadata": meta, "spec": {"size": 1}})

    def generation():
        return client.get("example.com/v1", "Thing", "a", "here")["metadata"]["generation"]

    assert generation() == 1
    client.patch("example.com/v1", "Thing", "a", "here", {"metadata": {"labels": {"x": "y"}}})
    client.patch("example.com/v1", "Thing", "a", "here", {"status": {"x": 1}}, subresource="status")
    assert generation() == 1
    client.patch("example.com/v1", "Thing", "a", "here", {"spec": {"size": 2}})
    assert generation() == 2


def test_a_user_with_rules_has_no_other_rights(memory, tmp_path):
    memory.allow("jane", ("get", "list"), ("configmaps",), "here")
    jane = connect(memory.kubeconfig(tmp_path / "jane", user="jane"))
    assert jane.list("v1", "ConfigMap", "here").items == []
    assert jane.may("list", "", "configmaps", "here")
    assert not jane.may("list", "", "configmaps", "there")
    with pytest.raises(Forbidden, match='User "jane" cannot create resource "configmaps"'):
        jane.create(config_map("here", "a"))
    with pytest.raises(Forbidden, match="at the cluster scope"):
        jane.list("v1", "ConfigMap")


def test_what_was_forgotten_is_gone(memory, client):
    since = client.list("v1", "ConfigMap", "here").resource_version
    client.create(config_map("here", "a"))
    memory.objects.forget_history()
    with pytest.raises(Gone):
        list(client.watch("v1", "ConfigMap", "here", resource_version=since))


def test_faults_are_answered_so_many_times(memory, client):
    memory.fail("GET", "configmaps", 500, "InternalError", "etcdserver: leader changed", times=1)
    with pytest.raises(ApiError, match="leader changed"):
        client.list("v1", "ConfigMap", "here")
    assert client.list("v1", "ConfigMap", "here").items == []


def test_the_end_of_a_log(memory, client):
    memory.logs[("here", "p", "c")] = "one\ntwo\nthree\n"
    assert list(client.logs("here", "p", "c")) == ["one", "two", "three"]
    assert list(client.logs("here", "p", "c", tail=1)) == ["three"]
    with pytest.raises(ApiError, match="no log"):
        list(client.logs("here", "p", "other"))


def test_a_namespace_goes_with_its_content(memory, client):
    client.create(config_map("here", "a"))
    client.delete("v1", "Namespace", "here")
    assert client.find("v1", "ConfigMap", "a", "here") is None
