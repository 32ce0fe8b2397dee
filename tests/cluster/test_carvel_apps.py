"""Apps of the local platform: deployed as their service account, recorded as kapp records."""

from __future__ import annotations

import json

import pytest
from delivery_kit import APP, Delivery
from local_kit import client, cluster, namespace, wait_for

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


@pytest.fixture(scope="module")
def delivery(client, cluster, namespace):
    found = Delivery(client, cluster, namespace)
    found.account()
    return found


def test_app_deploys_changes_and_deletes_what_left(delivery):
    delivery.app("life", config_map("one", a="1"), config_map("two", b="1"))
    app = delivery.condition(APP, "App", "life", "ReconcileSucceeded")
    assert app["metadata"]["finalizers"] == ["finalizers.kapp-ctrl.k14s.io/delete"]
    assert "Op:      2 create, 0 delete, 0 update, 0 noop, 0 exists" in app["status"]["deploy"]["stdout"]

    record = json.loads(delivery.get("v1", "ConfigMap", "life.app")["data"]["spec"])
    one = delivery.get("v1", "ConfigMap", "one")
    assert one["metadata"]["labels"]["kapp.k14s.io/app"] == record["labelValue"]
    assert record["usedGKs"] == [{"Group": "", "Kind": "ConfigMap"}]
    assert record["lastChange"]["successful"] is True

    files = {"one.yml": json.dumps(config_map("one", a="2"))}
    delivery.patch(APP, "App", "life", fetch=[{"inline": {"paths": files}}])
    app = delivery.condition(APP, "App", "life", "ReconcileSucceeded")
    assert "Op:      0 create, 1 delete, 1 update, 0 noop, 0 exists" in app["status"]["deploy"]["stdout"]
    assert delivery.get("v1", "ConfigMap", "one")["data"] == {"a": "2"}
    assert delivery.find("v1", "ConfigMap", "two") is None

    files = {"one.yml": json.dumps(config_map("one", a="3"))}
    kapp = {"rawOptions": ["--diff-run=true", "--diff-changes=true"]}
    delivery.patch(APP, "App", "life", fetch=[{"inline": {"paths": files}}], deploy=[{"kapp": kapp}])
    app = delivery.condition(APP, "App", "life", "ReconcileSucceeded")
    assert '  2     -   a: "2"\n      2 +   a: "3"' in app["status"]["deploy"]["stdout"]
    assert delivery.get("v1", "ConfigMap", "one")["data"] == {"a": "2"}

    files = {"three.yml": json.dumps(config_map("three", a="1"))}
    kapp = {"rawOptions": ["--patch=true"]}
    delivery.patch(APP, "App", "life", fetch=[{"inline": {"paths": files}}], deploy=[{"kapp": kapp}])
    app = delivery.condition(APP, "App", "life", "ReconcileSucceeded")
    assert "Op:      1 create, 0 delete, 0 update, 0 noop, 0 exists" in app["status"]["deploy"]["stdout"]
    assert delivery.find("v1", "ConfigMap", "one") is not None

    delivery.client.delete(APP, "App", "life", delivery.namespace)
    delivery.gone(APP, "App", "life")
    left = delivery.client.list("v1", "ConfigMap", delivery.namespace).items
    assert not [obj for obj in left if obj["metadata"]["name"] != "kube-root-ca.crt"]


def test_values_of_a_secret_are_taken_up_at_once(delivery):
    text = (
        '#@ load("@ytt:data", "data")\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: hello\n'
        "data:\n  text: #@ data.values.who\n"
    )
    delivery.create("v1", "Secret", "values", stringData={"values.yml": "who: first\n"})
    delivery.app(
        "valued",
        fetch=[{"inline": {"paths": {"a.yml": text}}}],
        template=[{"ytt": {"valuesFrom": [{"secretRef": {"name": "values"}}]}}],
        syncPeriod="1h",
    )
    delivery.condition(APP, "App", "valued", "ReconcileSucceeded")
    assert delivery.get("v1", "ConfigMap", "hello")["data"] == {"text": "first"}
    secret = delivery.get("v1", "Secret", "values")
    delivery.client.update({**secret, "stringData": {"values.yml": "who: second\n"}})
    wait_for("the new value", lambda: delivery.get("v1", "ConfigMap", "hello")["data"] == {"text": "second"})


def test_paused_app_is_left_alone(delivery):
    delivery.app("paused", config_map("later"), paused=True)
    wait_for(
        "the pause to be seen",
        lambda: (delivery.get(APP, "App", "paused").get("status") or {}).get("friendlyDescription"),
    )
    assert delivery.get(APP, "App", "paused")["status"]["friendlyDescription"] == "Canceled/paused"
    assert delivery.find("v1", "ConfigMap", "later") is None
    delivery.patch(APP, "App", "paused", paused=False)
    delivery.condition(APP, "App", "paused", "ReconcileSucceeded")
    assert delivery.find("v1", "ConfigMap", "later") is not None


@pytest.mark.parametrize(
    ("name", "resources", "spec", "condition", "useful"),
    [
        (
            "no-account",
            [config_map("x")],
            {"account": "nobody"},
            'Preparing kapp: Getting service account: serviceaccounts "nobody" not found',
            'Preparing kapp: Getting service account: serviceaccounts "nobody" not found',
        ),
        (
            "no-right",
            [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}}],
            {},
            "Deploying: Error (see .status.usefulErrorMessage for details)",
            'is forbidden: User "system:serviceaccount:NAMESPACE:deployer" cannot get resource "secrets"',
        ),
        (
            "bad-template",
            [{"a": "#@ nope"}],
            {"fetch": [{"inline": {"paths": {"a.yml": "a: #@ nope"}}}]},
            "Templating dir: Error (see .status.usefulErrorMessage for details)",
            "ytt: Error: \n- undefined: nope",
        ),
        (
            "no-bundle",
            [],
            {"fetch": [{"imgpkgBundle": {"image": "IMAGE"}}]},
            "Fetching resources: Error (see .status.usefulErrorMessage for details)",
            "Expected bundle image but found plain image (hint: Did you use -i instead of -b?)",
        ),
        (
            "unknown-kind",
            [{"apiVersion": "no.such/v1", "kind": "Thing", "metadata": {"name": "x"}}],
            {},
            "Deploying: Error (see .status.usefulErrorMessage for details)",
            "Expected to find kind 'no.such/v1/Thing', but did not",
        ),
    ],
)
def test_failures_say_what_the_real_ones_say(delivery, name, resources, spec, condition, useful):
    spec = json.loads(json.dumps(spec).replace("IMAGE", delivery.image))
    delivery.app(name, *resources, **spec)
    app = delivery.condition(APP, "App", name, "ReconcileFailed")
    assert app["status"]["conditions"][0]["message"] == condition
    assert app["status"]["friendlyDescription"] == f"Reconcile failed: {condition}"
    assert useful.replace("NAMESPACE", delivery.namespace) in app["status"]["usefulErrorMessage"]
    assert app["status"]["consecutiveReconcileFailures"] >= 1
    delivery.patch(APP, "App", name, noopDelete=True)
    delivery.client.delete(APP, "App", name, delivery.namespace)
    delivery.gone(APP, "App", name)


def test_resource_of_another_app_is_not_taken(delivery):
    delivery.app("owner", config_map("mine"))
    delivery.condition(APP, "App", "owner", "ReconcileSucceeded")
    delivery.app("thief", config_map("mine"))
    app = delivery.condition(APP, "App", "thief", "ReconcileFailed")
    text = f"- Resource 'configmap/mine (v1) namespace: {delivery.namespace}' is already associated"
    assert (
        f"Ownership errors:\n{text} with a different app 'owner.app'" in app["status"]["usefulErrorMessage"]
    )


def test_app_without_its_account_cannot_be_deleted_until_it_is_back(delivery):
    delivery.account("leaver")
    delivery.app("stuck", config_map("stuck"), account="leaver")
    delivery.condition(APP, "App", "stuck", "ReconcileSucceeded")
    delivery.client.delete("v1", "ServiceAccount", "leaver", delivery.namespace)
    delivery.client.delete(APP, "App", "stuck", delivery.namespace)
    app = delivery.condition(APP, "App", "stuck", "DeleteFailed")
    assert app["status"]["conditions"][0]["message"] == (
        'Preparing kapp: Getting service account: serviceaccounts "leaver" not found'
    )
    delivery.create("v1", "ServiceAccount", "leaver")
    delivery.gone(APP, "App", "stuck")
    assert delivery.find("v1", "ConfigMap", "stuck") is None
