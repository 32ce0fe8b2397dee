"""One look at a cluster: at most one list a kind, without asking where a kind is served."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from api_fixtures import one_cluster
from fake_api import FakeApi

from pkgops.flows.clusters import Clusters
from pkgops.flows.list_objects import list_objects
from pkgops.flows.run.watch import RunWatch
from pkgops.kube import Client, Unreachable
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.model import CauseCode, State, Verdict
from pkgops.pipeline import Scope
from pkgops.settings import EnvironmentSetting
from pkgops.values import replace

API = "carto.run/v1alpha1"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
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
    found = list_objects(client_of(api), Scope("default", "", SPACES))
    assert [ref.name for ref in found.workloads()] == ["one"]
    asked = paths(api)
    assert f"/apis/{API}/namespaces/default/workloads" in asked
    assert len(asked) == len(set(asked))


def test_a_kind_of_several_namespaces_is_listed_across_the_cluster(served):
    api = served("Deliverable", "deliverables")
    for namespace in ("apps-dev", "apps-prod", "elsewhere"):
        api.put("one", {}, namespace)
    found = list_objects(client_of(api), Scope("default", "", SPACES))
    assert [ref.namespace for ref in found.deliverables()] == ["apps-dev", "apps-prod"]
    assert paths(api).count(f"/apis/{API}/deliverables") == 1


def test_a_plural_that_cannot_be_guessed_is_asked_for(served):
    api = served("Workload", "workloaden")
    api.put("one", {}, "default")
    found = list_objects(client_of(api), Scope("default", "", SPACES))
    assert [ref.name for ref in found.workloads()] == ["one"]


def test_a_server_that_is_gone_is_told():
    gone = Client(Transport(Endpoint(server="http://127.0.0.1:1", name="gone")))
    with pytest.raises(Unreachable):
        list_objects(gone, Scope("default"))


def test_what_may_not_be_listed_is_unknown_and_told_with_the_name_of_the_user(served):
    api = served("Deliverable", "deliverables")
    api.put("one", {}, "apps-dev")
    api.refuse("Deliverable", "deliverables", "apps-prod")
    api.refuse("Workload", "workloads", "default")
    taken = list_objects(client_of(api), Scope("default", "one", SPACES)).snapshot(NOW)
    assert taken.verdict is Verdict.UNKNOWN
    assert [(env.name, str(env.verdict)) for env in taken.environments] == [("apps-prod", "unknown")]
    assert [item.cause for item in taken.blockages if item.state is State.UNKNOWN] == [
        "unknown: jane may not list workloads in default",
        "unknown: jane may not list deliverables in apps-prod",
    ]


def test_followed_and_looked_at_are_the_same_things_unknown(served):
    api = served("Deliverable", "deliverables")
    api.refuse("Deliverable", "deliverables", "apps-prod")
    api.refuse("Workload", "workloads", "default")
    scope = Scope("default", "one", SPACES)
    with RunWatch(one_cluster(client_of(api)), scope, now=lambda: NOW) as watch:
        followed = next(watch.snapshots())
    assert followed.unreadable == list_objects(client_of(api), scope).snapshot(NOW).unreadable
    assert followed.verdict is Verdict.UNKNOWN


def test_an_environment_on_a_cluster_that_is_gone_is_unknown_and_the_others_are_told(served):
    api = served("Deliverable", "deliverables")
    api.put("one", {}, "apps-dev")
    gone = Client(Transport(Endpoint(server="http://127.0.0.1:1", name="gone")))
    here = client_of(api)

    prod = EnvironmentSetting(name="apps-prod", namespace="apps-prod", context="gone")
    clusters = Clusters(workload=here, environments=(prod,), connected=lambda _: gone)
    with RunWatch(clusters, Scope("default", "", SPACES), now=lambda: NOW) as watch:
        taken = next(watch.snapshots())
    assert [env.name for env in taken.environments] == ["apps-dev", "apps-prod"]
    assert taken.environments[1].verdict is Verdict.UNKNOWN
    codes = {item.scope: item.code for item in taken.blockages}
    assert codes["apps-prod"] is CauseCode.NOT_REACHABLE
    cause = next(item.cause for item in taken.blockages if item.scope == "apps-prod")
    assert cause.startswith("unknown: deliverables in apps-prod are not reachable")


def test_a_watch_asks_for_a_repair_while_nothing_changes(served):
    asked = []
    clusters = replace(
        one_cluster(client_of(served("Deliverable", "deliverables"))), idle=lambda: asked.append(1)
    )
    with RunWatch(clusters, Scope("default", "", SPACES), now=lambda: NOW) as watch:
        taken = watch.snapshots(tick=0.01)
        while not asked:
            next(taken)
    assert asked


def followed(client, scope):
    with RunWatch(one_cluster(client), scope, now=lambda: NOW) as watch:
        watch.sync()
        return watch.tracker


READERS = pytest.mark.parametrize("read", [list_objects, followed])


@READERS
def test_a_kind_that_is_not_served_is_unknown_where_an_owner_names_an_object_of_it(served, read):
    api = served("Deliverable", "deliverables")
    stamped = {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageInstall",
        "namespace": "apps-dev",
        "name": "one",
    }
    obj = api.put("one", {}, "apps-dev")
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Ready",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    obj["status"] = {
        "conditions": [ready],
        "deliveryRef": {"kind": "ClusterDelivery", "name": "delivery"},
        "resources": [{"name": "install", "stampedRef": stamped, "conditions": [ready]}],
    }
    found = read(client_of(api), Scope("default", "", SPACES))
    sentence = "this cluster does not serve packageinstalls.packaging.carvel.dev (v1alpha1)"
    taken = found.snapshot(NOW)
    (environment,) = taken.environments
    assert environment.verdict is Verdict.UNKNOWN
    cause = next(item for item in taken.blockages if item.state is State.UNKNOWN)
    assert (cause.cause, cause.code) == (f"unknown: {sentence}", CauseCode.NOT_SERVED)
    assert cause.next == "pkgops doctor"


@READERS
def test_kinds_that_nothing_leads_to_are_not_missed(served, read):
    api = served("Deliverable", "deliverables")
    taken = read(client_of(api), Scope("default", "", SPACES)).snapshot(NOW)
    assert (taken.unreadable, taken.environments) == ((), ())
