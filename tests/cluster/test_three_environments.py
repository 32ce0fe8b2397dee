"""The path of a version through three environments, with what proves each step.

Packages are pushed by hand, so that no build is waited for; the rest is what people and controllers do.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from delivery_kit import REBASE, Delivery, knative_service
from pipeline_kit import Ran
from users_kit import Users, account

from pkgops.flows.local_values import local_values
from pkgops.formats import yaml
from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.settings import Overrides, load

pytestmark = pytest.mark.cluster

GOOD, BAD = "0.1.1", "0.1.2"
APPROVERS = ("ann", "bob")
SMOKE = 'test "$(params.version)" != "" && curl -fsS "$(params.url)"'


@dataclass(frozen=True)
class Walk:
    """Three environments of a name of their own, and what people type."""

    space: str
    users: Users

    def __call__(self, *words: str, user: str = "admin") -> Ran:
        return self.users.run(*words, context=user)

    def environment(self, name: str) -> dict[str, Any]:
        ran = self("status", "web", "-o", "json")
        (workload,) = ran.json()["workloads"]
        return next(one for one in workload["environments"] if one["name"] == name)

    def history(self, name: str) -> list[dict[str, Any]]:
        ran = self("history", "web", "--env", name, "-o", "json")
        return list(ran.json()["environments"][0]["releases"])


def configuration(instance: LocalCluster, space: str, folder: Any) -> dict[str, Any]:
    who = [f"system:serviceaccount:{space}-dev:{name}" for name in APPROVERS]
    checks = [{"http": "/", "text": "Hello", "deadline": "20s"}]
    staging = {
        "name": "staging",
        "namespace": f"{space}-staging",
        "gates": [{"soak": "5s"}],
        "verify": [*checks, {"task": "smoke"}],
    }
    approval = {"approval": {"by": who, "count": 2, "separate": True}}
    prod = {
        "name": "prod",
        "namespace": f"{space}-prod",
        "gates": ["verified", approval, {"window": {"schedule": "0 * * * *", "for": "1h"}}],
        "verify": [{"http": "/", "text": "friends", "deadline": "20s"}],
        "onFailure": "rollback",
    }
    values = local_values(instance, load(Overrides((), {}), {}, folder))
    values["registry"]["tagPrefix"] = f"{instance.registry}/{space}/"
    return {
        **values,
        "workload": {"name": "web", "namespace": f"{space}-dev"},
        "deliverable": {"name": "web"},
        "package": {"name": "web.demo.carto"},
        "pkgops": {"environments": [{"name": "dev", "namespace": f"{space}-dev"}, staging, prod]},
    }


@pytest.fixture(scope="module")
def walk(
    instance: LocalCluster, local_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Walk]:
    space = f"walk-{secrets.token_hex(3)}"
    spaces = [f"{space}-{name}" for name in ("dev", "staging", "prod")]
    for name in spaces:
        local_client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    users = Users(tmp_path_factory.mktemp("walk"))
    tokens = {name: account(local_client, spaces[0], name) for name in APPROVERS}
    users.write(instance, tokens, yaml.dump_all([configuration(instance, space, users.folder)]))
    meta = {"name": "web", "namespace": spaces[0]}
    # No blueprint selects it: the packages come by hand.
    local_client.create(
        {"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": meta, "spec": {}}
    )
    step = {"name": "ask", "image": instance.images["go"], "script": f"#!/usr/bin/env bash\n{SMOKE}\n"}
    spec = {"params": [{"name": "url"}, {"name": "version"}], "steps": [step]}
    task = {"apiVersion": "tekton.dev/v1", "kind": "Task", "spec": spec}
    local_client.create({**task, "metadata": {"name": "smoke", "namespace": spaces[1]}})
    yield Walk(space, users)
    users.run("clean", "--yes")
    for name in spaces:
        local_client.delete("v1", "Namespace", name)


@pytest.fixture(scope="module")
def publish(instance: LocalCluster, local_client: Client, walk: Walk):
    delivery = Delivery(local_client, instance, walk.space)
    delivery.repository = f"{instance.registry}/{walk.space}/web-ops"

    def published(version: str, text: str) -> None:
        service = knative_service("web", delivery.image, text)
        delivery.publish(version, REBASE, service)

    return published


def test_a_version_walks_from_dev_over_staging_to_prod(walk: Walk, publish, local_client: Client) -> None:
    publish(GOOD, "Hello, friends")
    delivered = walk("deliver", "--to", "dev", "--yes", "--progress", "plain")
    assert delivered.code == 0, delivered
    promoted = walk("promote", "web", "--to", "staging", "--verify", "--wait", "--yes", "--progress", "plain")
    assert promoted.code == 0, promoted
    assert {gate["gate"]: gate["state"] for gate in walk.history("staging")[0]["gates"]}["soak"] == "pass"

    refused = walk("promote", "web", "--to", "prod", "--verify", "--yes")
    assert refused.code == 5, refused
    assert "approval" in refused.err
    approved(walk, local_client, GOOD)
    promoted = walk("promote", "web", "--to", "prod", "--verify", "--yes", "--progress", "plain")
    assert promoted.code == 0, promoted
    (change,) = walk.history("prod")
    assert (change["action"], change["after"]["version"], change["result"]) == ("promote", GOOD, "succeeded")
    assert f"/{walk.space}/web-ops-ops@sha256:" in change["after"]["ops"]
    assert {gate["gate"] for gate in change["gates"]} >= {"verified", "approval", "window"}
    assert walk.environment("prod")["behind"]["versions"] == 0


def approved(walk: Walk, client: Client, version: str) -> None:
    """Let two users approve, each with exactly the rights that `doctor --rbac approve` prints."""
    for name in APPROVERS:
        user = f"system:serviceaccount:{walk.space}-dev:{name}"
        ran = walk("doctor", "--rbac", "approve", "--user", user)
        assert ran.code == 0, ran
        for obj in yaml.parse_all(ran.out, "roles"):
            obj["metadata"]["name"] += f"-{walk.space}-{name}"
            if "roleRef" in obj:
                obj["roleRef"]["name"] += f"-{walk.space}-{name}"
            client.apply(obj, manager="test")
        ran = walk("approve", version, "web", "--to", "prod", user=name)
        assert ran.code == 0, ran


def test_what_fails_its_verification_in_prod_is_rolled_back_by_itself(
    walk: Walk, publish, local_client: Client
) -> None:
    publish(BAD, "Hello, strangers")
    delivered = walk("deliver", "--to", "dev", "--yes", "--progress", "plain")
    assert delivered.code == 0, delivered
    assert walk.environment("dev")["version"] == BAD
    behind = walk.environment("staging")["behind"]
    assert (behind["environment"], behind["versions"]) == ("dev", 1)
    assert behind["since"]
    promoted = walk("promote", "web", "--to", "staging", "--verify", "--wait", "--yes", "--progress", "plain")
    assert promoted.code == 0, promoted
    approved(walk, local_client, BAD)
    failed = walk("promote", "web", "--to", "prod", "--verify", "--yes", "--progress", "plain")
    assert failed.code == 1, failed
    assert f"{BAD} failed its verification in prod and was rolled back: {GOOD} runs there" in failed.err
    prod = walk.environment("prod")
    assert (prod["version"], prod["pinned"]) == (GOOD, GOOD)
    assert [one["action"] for one in walk.history("prod")[:2]] == ["rollback", "promote"]
