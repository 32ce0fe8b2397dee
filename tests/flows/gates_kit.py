"""A change that gates are asked about, on a cluster in memory; every rule is judged without one too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from pkgops.flows.clusters import Clusters
from pkgops.flows.next_command import next_command
from pkgops.flows.ports import Ports
from pkgops.flows.promotion.gates.rule import Case
from pkgops.flows.releases.release import Action, Release
from pkgops.kube import connect
from pkgops.model import Environment, Snapshot, Verdict
from pkgops.pipeline import Scope, Tracker
from pkgops.settings import EnvironmentSetting

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
IMAGE = "registry.example.com/hello@sha256:" + "a" * 64
OTHER = "registry.example.com/hello@sha256:" + "b" * 64
DEV, PROD = (
    EnvironmentSetting(name="dev", namespace="ns-dev"),
    EnvironmentSetting(name="prod", namespace="ns-prod"),
)
RUNS = Environment(name="dev", namespace="ns-dev", verdict=Verdict.READY, version="2", image=IMAGE)


@pytest.fixture
def memory(memory_api):
    memory_api.namespaces("ns-dev", "ns-prod")
    return memory_api


@pytest.fixture
def case_of(memory, tmp_path):
    """Make the promotion of version 2 from dev to prod; environments and fields may be others."""

    def make(*environments, user="jane", now=NOW, **changes):
        client = connect(memory.kubeconfig(tmp_path / user, user=user))
        settings = SimpleNamespace(
            workload_namespace="default", environments=(DEV, PROD), deliverable="hello-delivery"
        )
        clusters = Clusters(client, (DEV, PROD), lambda _: client)
        target = SimpleNamespace(client=client, settings=settings, clusters=clusters, name="team")
        case = Case(
            target=target,
            action=Action.PROMOTE,
            workload="hello",
            setting=PROD,
            source=DEV,
            before=Release(version="1"),
            after=Release(version="2", image=IMAGE, pinned="2"),
            tracker=Tracker(
                Scope("default", "hello", (("dev", "ns-dev"), ("prod", "ns-prod"))), next_command
            ),
            snapshot=Snapshot(taken_at=NOW, workload=None, environments=environments or (RUNS,)),
            ports=Ports(now=lambda: now),
        )
        return replace(case, **changes)

    return make
