"""The platform is killed while an App waits for what it deployed; the next one takes the work up."""

from __future__ import annotations

import os
import signal

import pytest
from delivery_kit import APP, Delivery
from local_kit import client, cluster, namespace, wait_for

from pkgops import local
from pkgops.local import part_process, state

pytestmark = pytest.mark.cluster
__all__ = ["client", "cluster", "namespace"]

SLOW = ["sh", "-c", "sleep 6; touch /tmp/ready; exec sleep 3600"]


def slow_deployment(image):
    container = {
        "name": "slow",
        "image": image,
        "command": SLOW,
        "readinessProbe": {"exec": {"command": ["cat", "/tmp/ready"]}, "periodSeconds": 1},
    }
    labels = {"app": "slow"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "slow"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }


@pytest.fixture
def delivery(client, cluster, namespace):
    found = Delivery(client, cluster, namespace)
    found.account()
    everything = {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}
    role = found.get("rbac.authorization.k8s.io/v1", "Role", "deployer")
    client.update({**role, "rules": [everything]})
    return found


def test_killed_platform_repeats_nothing_and_ends_the_work(delivery, cluster):
    delivery.app("cut", slow_deployment(delivery.image), syncPeriod="1h")
    wait_for("the deployment", lambda: delivery.find("apps/v1", "Deployment", "slow"))
    assert delivery.get(APP, "App", "cut")["status"]["conditions"][0]["type"] == "Reconciling"
    before = delivery.get("apps/v1", "Deployment", "slow")["metadata"]["uid"]

    record = part_process.runs(state.find(cluster.name), "platform")
    os.kill(record.pid, signal.SIGKILL)
    wait_for("the platform to end", lambda: not part_process.runs(state.find(cluster.name), "platform"))
    local.up()

    delivery.condition(APP, "App", "cut", "ReconcileSucceeded")
    after = delivery.get("apps/v1", "Deployment", "slow")
    assert after["metadata"]["uid"] == before
    assert after["status"]["readyReplicas"] == 1
    assert len(delivery.client.list("apps/v1", "ReplicaSet", delivery.namespace).items) == 1
    labels = "kapp.k14s.io/is-app-change="
    assert len(delivery.client.list("v1", "ConfigMap", delivery.namespace, labels=labels).items) <= 2
