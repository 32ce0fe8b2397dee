"""One look at a cluster: at most one list a kind, without asking where a kind is served."""

from __future__ import annotations

import pytest
from fake_api import FakeApi

from pkgops.flows.survey import survey
from pkgops.kube import Client, Unreachable
from pkgops.kube.transport import Endpoint, Transport
from pkgops.pipeline import Focus

API = "carto.run/v1alpha1"
SPACES = (("apps-dev", "apps-dev"), ("apps-prod", "apps-prod"))


def client_of(api):
    return Client(Transport(Endpoint(server=api.url, name="fake")))


@pytest.fixture
def served():
    made = []

    def serve(kind, plural):
        made.append(FakeApi(API, kind, plural))
        return made[-1]

    yield serve
    for api in made:
        api.close()


def paths(api):
    return [path.partition("?")[0] for _, path, _ in api.requests]


def test_a_kind_is_listed_once_where_its_name_suggests(served):
    api = served("Workload", "workloads")
    api.put("one", {}, "default")
    found = survey(client_of(api), Focus("default", "", SPACES))
    assert [ref.name for ref in found.workloads()] == ["one"]
    asked = paths(api)
    assert f"/apis/{API}/namespaces/default/workloads" in asked
    assert len(asked) == len(set(asked))


def test_a_kind_of_several_namespaces_is_listed_across_the_cluster(served):
    api = served("Deliverable", "deliverables")
    for namespace in ("apps-dev", "apps-prod", "elsewhere"):
        api.put("one", {}, namespace)
    found = survey(client_of(api), Focus("default", "", SPACES))
    assert [ref.namespace for ref in found.deliverables()] == ["apps-dev", "apps-prod"]
    assert paths(api).count(f"/apis/{API}/deliverables") == 1


def test_a_plural_that_cannot_be_guessed_is_asked_for(served):
    api = served("Workload", "workloaden")
    api.put("one", {}, "default")
    found = survey(client_of(api), Focus("default", "", SPACES))
    assert [ref.name for ref in found.workloads()] == ["one"]


def test_a_server_that_is_gone_is_told():
    gone = Client(Transport(Endpoint(server="http://127.0.0.1:1", name="gone")))
    with pytest.raises(Unreachable):
        survey(gone, Focus("default"))
