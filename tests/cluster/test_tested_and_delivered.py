"""A chain that tests with a Task and deploys by itself, and a delivery that nothing is built for."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from carto_kit import Scene, scene, wait_for
from pipeline_kit import PATIENCE, SAMPLE, Ran, brought, eventually, pkgops

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.snapshot import push_snapshot

pytestmark = pytest.mark.cluster

CHAINS = Path(__file__).parents[1] / "data" / "chains"
TESTED = "tested"
THERE = ("-n", TESTED)
SERVICE = """\
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: parcel
spec:
  template:
    metadata:
      annotations: {{autoscaling.knative.dev/min-scale: "1"}}
    spec:
      containers:
        - name: parcel
          image: {image}
          env: [{{name: NAME, value: {name}}}]
          securityContext: {{runAsUser: 1000}}
"""


@dataclass(frozen=True)
class Began:
    """Something after its first ``up``: where its source is, and the words of the commands for it."""

    source: Path
    commit: str
    words: tuple[str, ...]
    up: Ran


@pytest.fixture(scope="module")
def tested(
    instance: LocalCluster, local_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Began]:
    assert pkgops("clean", "--yes").code == 0
    folder = tmp_path_factory.mktemp("tested")
    source = Path(shutil.copytree(SAMPLE, folder / "source"))
    commit = push_snapshot(source, "tested-source", cluster=instance)
    values = {"git": {"url": instance.git_url("tested-source")}}
    chain = [CHAINS / "deploys-by-itself", CHAINS / "tested.yaml", CHAINS / "tested-schema.yaml"]
    with brought(local_client, folder, values, chain, TESTED) as (words, up):
        yield Began(source, commit, words, up)


@dataclass(frozen=True)
class Parcel:
    """A delivery whose objects were applied by others, as nothing of it is for ``up``."""

    at: Scene
    source: Path
    commit: str

    @property
    def here(self) -> tuple[str, str]:
        return "-n", self.at.namespace


@pytest.fixture(scope="module")
def delivered(
    tested: Began, instance: LocalCluster, local_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parcel]:
    source = tmp_path_factory.mktemp("delivered")
    with scene(local_client, "parcels") as at:
        made = Parcel(at, source, deliver(source, instance, "Parcel"))
        where = f"gitops.url={instance.git_url('parcels')}"
        rendered = pkgops("ytt", "-f", str(CHAINS / "delivered-alone"), "--data-value", where)
        assert rendered.code == 0, rendered
        at.apply_text(rendered.out)
        ready = lambda: at.condition("Deliverable", "parcel").get("status") == "True"  # noqa: E731
        wait_for("the delivery", ready, PATIENCE, 0.5)
        yield made


def deliver(source: Path, cluster: LocalCluster, name: str, image: str = "") -> str:
    """Push a service of the image that the other chain has built; return the commit."""
    source.mkdir(exist_ok=True)
    (source / "service.yml").write_text(SERVICE.format(image=image or image_of(), name=name))
    return push_snapshot(source, "parcels", cluster=cluster)


def image_of() -> str:
    (workload,) = pkgops("status", *THERE, "-o", "json").json()["workloads"]
    return str(workload["image"])


def stages(ran: Ran) -> set[str]:
    return {step["match"] for step in ran.json()["chains"][0]["steps"]}


def test_a_tested_source_is_built_and_answers(tested: Began) -> None:
    assert tested.up.code == 0, tested.up
    assert f"answers in {TESTED}: HTTP 200" in tested.up.out
    (workload,) = pkgops("status", *THERE, "-o", "json").json()["workloads"]
    (env,) = workload["environments"]
    assert (workload["verdict"], env["verdict"], env["image"]) == ("ready", "ready", workload["image"])
    assert env["revision"]
    assert tested.commit.startswith(env["revision"])


def test_why_open_and_trace_know_a_chain_that_tests_and_deploys(tested: Began) -> None:
    why = pkgops("why", *THERE, "-o", "json")
    assert (why.code, why.json()["healthy"]) == (0, True), why
    assert ", World!" in pkgops("open", *THERE, "--curl").out
    ran = pkgops("trace", "greeter", *THERE, "-o", "json")
    assert ran.code == 0, ran
    assert stages(ran) == {"same"}


def test_the_task_that_fails_is_named_and_nothing_is_built(tested: Began, instance: LocalCluster) -> None:
    before = image_of()
    (tested.source / "broken.txt").write_text("no greeting")
    push_snapshot(tested.source, "tested-source", cluster=instance)
    failed = pkgops("up", *tested.words, "--progress", "plain")
    assert failed.code == 1, failed
    assert "no greeting" in failed.err
    why = pkgops("why", *THERE, "-o", "json")
    assert why.code == 1
    assert [cause["code"] for cause in why.json()["blockages"]] == ["test-failed"]
    assert image_of() == before


def environment_of(delivered: Parcel) -> dict[str, Any]:
    told = pkgops("status", *delivered.here, "-o", "json").json()
    (env,) = [one for workload in told["workloads"] for one in workload["environments"]]
    return dict(env)


def test_status_has_a_delivery_that_no_workload_belongs_to(delivered: Parcel) -> None:
    # A Service of Knative's begins after its App was reconciled: kapp has no rule to wait for it.
    eventually(lambda: environment_of(delivered)["verdict"] == "ready", "the parcel is ready")
    env = environment_of(delivered)
    assert (env["name"], env["deliverable"]["name"]) == (delivered.at.namespace, "parcel")
    assert env["image"] == image_of()
    assert env["url"].startswith("http://parcel.")


def test_why_open_and_trace_know_a_delivery_alone(delivered: Parcel) -> None:
    why = pkgops("why", *delivered.here, "-o", "json")
    assert (why.code, why.json()["workload"], why.json()["healthy"]) == (0, "parcel", True), why
    opened = pkgops("open", *delivered.here, "--curl")
    assert ", Parcel!" in opened.out, opened
    ran = pkgops("trace", "parcel", *delivered.here, "-o", "json")
    assert ran.code == 0, ran
    same = [step["name"] for step in ran.json()["chains"][0]["steps"] if step["match"] == "same"]
    assert same[:3] == ["pod", "image", "deploy"]


def test_wait_timeline_logs_and_report_know_a_delivery_alone(delivered: Parcel, tmp_path: Path) -> None:
    waited = pkgops("wait", *delivered.here, "--timeout", "2m", "-o", "json")
    assert waited.code == 0, waited
    timeline = pkgops("timeline", "parcel", *delivered.here, "-o", "json")
    assert {stage["part"] for stage in timeline.json()["stages"]} == {delivered.at.namespace}
    logs = pkgops("logs", *delivered.here, "--stage", "serve")
    assert logs.code == 0, logs
    page = tmp_path / "page.html"
    report = pkgops("report", *delivered.here, "-o", str(page))
    assert report.code == 0, report
    assert "parcel" in page.read_text()


def test_what_cannot_be_delivered_is_named(delivered: Parcel, instance: LocalCluster) -> None:
    (delivered.source / "service.yml").write_text("kind: Service\n")
    push_snapshot(delivered.source, "parcels", cluster=instance)
    broken = lambda: delivered.at.condition("Deliverable", "parcel").get("status") == "False"  # noqa: E731
    wait_for("the failing delivery", broken, PATIENCE, 0.5)
    why = pkgops("why", *delivered.here)
    assert why.code == 1, why
    assert "pkgops up" not in why.out


def test_up_brings_a_delivery_that_has_no_workload(
    delivered: Parcel, instance: LocalCluster, tmp_path: Path
) -> None:
    deliver(delivered.source, instance, "Again")
    config = tmp_path / "config.yaml"
    values = {"gitops": {"url": instance.git_url("parcels")}}
    config.write_text(json.dumps(values))
    words = ("-f", str(config), "--templates", str(CHAINS / "delivered-alone"), *delivered.here)
    refused = pkgops("up", *words, "--progress", "plain")
    assert refused.code == 5, refused
    assert "workload/greeter in tested would be left without it" in refused.err
    config.write_text(json.dumps(values | {"pkgops": {"record": "parcels"}}))
    ran = pkgops("up", *words, "--progress", "plain")
    assert ran.code == 0, ran
    assert f"parcel answers in {delivered.at.namespace}: HTTP 200" in ran.out
    assert ", Again!" in pkgops("open", *words, "--curl").out
    cleaned = pkgops("clean", *words, "--yes")
    assert cleaned.code == 0, cleaned
    assert "parcel" not in cleaned.out
