"""The Route: its address, the addresses of its tags, and who may not reach it from outside."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pkgops.kube import Obj
from pkgops.platform.knative import labels as kn
from pkgops.platform.knative.forwarding import Target
from pkgops.platform.knative.gateway import Gateway
from pkgops.platform.knative.route import Address, RouteReconciler
from pkgops.platform.labels import has_labels
from pkgops.platform.queue import Key

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LOCAL = {kn.VISIBILITY: kn.CLUSTER_LOCAL}
READY = [{"type": "Ready", "status": "True"}]


class Objects:
    """The outer edge: a cluster with one Route, two ready Revisions and a pod of each."""

    def __init__(self, traffic: list[Obj], labels: dict[str, str]) -> None:
        self.stored: dict[tuple[str, str], Obj] = {}
        self.client = SimpleNamespace(update=self.put, delete=self.delete)
        self.put(
            {
                "apiVersion": kn.API,
                "kind": "Route",
                "metadata": {
                    "name": "web",
                    "namespace": "apps",
                    "uid": "1",
                    "generation": 1,
                    "labels": labels,
                },
                "spec": {"traffic": traffic},
            }
        )
        for name, address in (("web-v1", "10.0.0.1"), ("web-v2", "10.0.0.2")):
            meta = {"name": name, "namespace": "apps", "labels": {kn.REVISION: name}}
            status = {"conditions": READY, "podIP": address}
            spec = {"containers": [{"ports": [{"containerPort": 9000}]}]}
            self.put({"kind": "Revision", "metadata": meta, "spec": spec, "status": status})
            self.put({"kind": "Pod", "metadata": meta, "status": status})

    def put(self, obj: Obj) -> Obj:
        self.stored[obj["kind"], obj["metadata"]["name"]] = copy.deepcopy(obj)
        return obj

    create = put

    def delete(self, _api: str, kind: str, name: str, _namespace: str) -> None:
        del self.stored[kind, name]

    def get(self, _api: str, kind: str, name: str, _namespace: str = "") -> Obj | None:
        return self.stored.get((kind, name))

    def list(
        self, _api: str, kind: str, _namespace: str = "", labels: dict[str, str] | None = None
    ) -> list[Obj]:
        found = [obj for (of, _), obj in self.stored.items() if of == kind]
        return [obj for obj in found if has_labels(obj, labels or {})]

    def observe(self, obj: Obj) -> Obj:
        return obj

    def save_status(self, obj: Obj, status: Obj) -> Obj:
        return self.put({**obj, "status": status})

    def event(self, *_: object) -> None:
        pass

    def now(self) -> datetime:
        return NOON

    def services(self) -> dict[str, str]:
        return {obj["metadata"]["name"]: obj["spec"]["externalName"] for obj in self.list("v1", "Service")}

    def reconciled(self, port: int = 8480) -> Obj:
        RouteReconciler(self, Address(port)).reconcile(Key("apps", "web"))  # type: ignore[arg-type]
        status: Obj = self.stored["Route", "web"]["status"]
        return status

    def answers(self, host: str) -> Target | str:
        return Gateway(self, 0).target(host)  # type: ignore[arg-type]


SPLIT = [
    {"tag": "current", "revisionName": "web-v1", "percent": 100},
    {"tag": "candidate", "revisionName": "web-v2", "percent": 0},
]


def cluster(traffic: list[Obj] | None = None, **labels: str) -> Objects:
    return Objects(traffic or SPLIT[:1], labels)


def test_tags_have_addresses_that_answer() -> None:
    objects = cluster(SPLIT)
    traffic = objects.reconciled()["traffic"]
    assert [(item["tag"], item["url"], item["percent"]) for item in traffic] == [
        ("current", "http://current-web.apps.localhost:8480", 100),
        ("candidate", "http://candidate-web.apps.localhost:8480", 0),
    ]
    assert objects.answers("web.apps.localhost:8480") == Target("10.0.0.1", 9000)
    assert objects.answers("candidate-web.apps.localhost:8480") == Target("10.0.0.2", 9000)
    assert objects.answers("other-web.apps.localhost") == "no service answers for other-web.apps.localhost"
    assert objects.services() == {
        "web": "web-v1.apps.svc.cluster.local",
        "current-web": "web-v1.apps.svc.cluster.local",
        "candidate-web": "web-v2.apps.svc.cluster.local",
    }


def test_a_tag_that_is_gone_leaves_no_service() -> None:
    objects = cluster(SPLIT)
    objects.reconciled()
    objects.stored["Route", "web"]["spec"]["traffic"] = SPLIT[:1]
    stranger = {"kind": "Service", "metadata": {"name": "own", "labels": {kn.ROUTE: "web"}}}
    objects.put({**stranger, "spec": {"externalName": "x"}})
    objects.reconciled()
    assert sorted(objects.services()) == ["current-web", "own", "web"]


def test_a_private_service_has_no_address_outside_and_does_not_answer_there() -> None:
    objects = cluster(SPLIT, **LOCAL)
    status = objects.reconciled()
    assert status["url"] == status["address"]["url"] == "http://web.apps.svc.cluster.local"
    assert status["traffic"][1]["url"] == "http://candidate-web.apps.svc.cluster.local"
    for host in ("web.apps.localhost:8480", "web.apps.svc.cluster.local", "candidate-web.apps.localhost"):
        said = f"no service answers for {host} from outside the cluster: it is cluster-local"
        assert objects.answers(host) == said


@pytest.mark.parametrize("labels", [{}, {kn.VISIBILITY: "private"}])
def test_others_answer_outside(labels: dict[str, str]) -> None:
    objects = cluster(**labels)
    assert objects.reconciled()["url"] == "http://web.apps.localhost:8480"
    assert objects.answers("web.apps.localhost:8480") == Target("10.0.0.1", 9000)


def test_without_a_gateway_every_address_is_one_inside() -> None:
    assert cluster().reconciled(port=0)["url"] == "http://web.apps.svc.cluster.local"
