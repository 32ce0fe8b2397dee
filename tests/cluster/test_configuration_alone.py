"""A delivery of ConfigMaps alone: no application comes of it, and each command says what was delivered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipeline_kit import Ran, brought, pkgops

from pkgops.kube import Client
from pkgops.local.cluster import LocalCluster
from pkgops.local.snapshot import push_snapshot

pytestmark = pytest.mark.cluster

CHAIN = Path(__file__).parents[1] / "data" / "chains" / "delivered-alone"
NAMESPACE = "settings-only"
HERE = ("-n", NAMESPACE)
SETTINGS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings}}\ndata: {{colour: {colour}}}\n"
NOTE = "holds neither a Service of Knative nor a Deployment, but ConfigMap"


@dataclass(frozen=True)
class Delivered:
    """The delivery after its first run: its source, and the words of the commands for it."""

    cluster: LocalCluster
    folder: Path
    words: tuple[str, ...]
    up: Ran


@pytest.fixture(scope="module")
def delivered(
    instance: LocalCluster, local_client: Client, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Delivered]:
    folder = tmp_path_factory.mktemp("settings")
    (folder / "settings.yml").write_text(SETTINGS.format(colour="green"))
    push_snapshot(folder, NAMESPACE, cluster=instance)
    values, scratch = {"gitops": {"url": instance.git_url(NAMESPACE)}}, tmp_path_factory.mktemp("config")
    with brought(local_client, scratch, values, [CHAIN], NAMESPACE, "--timeout", "5m") as (words, up):
        yield Delivered(instance, folder, words, up)


def test_up_ends_with_what_was_delivered(delivered: Delivered, local_client: Client) -> None:
    assert delivered.up.code == 0, delivered.up
    assert f"parcel is delivered to {NAMESPACE}; it {NOTE}" in delivered.up.out
    assert local_client.get("v1", "ConfigMap", "settings", NAMESPACE)["data"] == {"colour": "green"}


def test_wait_status_and_why_say_the_same(delivered: Delivered) -> None:
    waited = pkgops("wait", *HERE, "--timeout", "60s", "-o", "json")
    assert waited.code == 0, waited
    (env,) = waited.json()["workloads"][0]["environments"]
    assert (env["verdict"], env["image"], env["note"]) == ("ready", "", NOTE)
    assert NOTE in pkgops("status", *HERE).out
    why = pkgops("why", *HERE)
    assert (why.code, "everything is done" in why.out) == (0, True), why
    opened = pkgops("open", *HERE, "--curl")
    assert opened.code == 1, opened
    assert NOTE in opened.err


def test_a_change_arrives(delivered: Delivered, local_client: Client) -> None:
    (delivered.folder / "settings.yml").write_text(SETTINGS.format(colour="blue"))
    push_snapshot(delivered.folder, NAMESPACE, cluster=delivered.cluster)
    again = pkgops("up", *delivered.words, "--progress", "plain", "--timeout", "5m")
    assert again.code == 0, again
    assert local_client.get("v1", "ConfigMap", "settings", NAMESPACE)["data"] == {"colour": "blue"}
