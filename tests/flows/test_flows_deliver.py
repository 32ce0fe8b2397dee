"""What a delivery replaces, asked of the cluster of its own environment."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import shared_traces

from pkgops.errors import RefusedError
from pkgops.flows.clusters import Clusters
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import change, places
from pkgops.flows.releases.release import Release
from pkgops.kube import connect
from pkgops.settings import EnvironmentSetting

DELIVERED = 340
"""So many events into the recording, the second environment runs a version."""


@pytest.fixture
def target(tmp_path, memory_api):
    """The cluster of a recorded run at a moment of it; no other environment's cluster is asked."""
    memory_api.play(shared_traces.lines("second-run")[:DELIVERED])
    client = connect(memory_api.kubeconfig(tmp_path / "kubeconfig"))
    clusters = Clusters(client, (), lambda context: pytest.fail(f"asks {context}"))
    return SimpleNamespace(settings=SimpleNamespace(workload_namespace="default"), clusters=clusters)


def test_it_is_what_the_environment_runs(target):
    before = places.runs_now(
        target, EnvironmentSetting(name="prod", namespace="apps-prod"), "hello-go-web2pkg", Ports()
    )
    assert before.version == "0.1.1795369841"
    assert "@sha256:" in before.image


def test_it_is_nothing_where_nothing_was_delivered(target):
    empty = EnvironmentSetting(name="empty", namespace="apps-empty")
    assert places.runs_now(target, empty, "hello-go-web2pkg", Ports()) == Release()


def test_what_has_moved_since_a_promotion_was_prepared_is_refused_and_named():
    seen = Release(version="1", image="r/hello@sha256:1", pinned="1")
    promotion = change.Promotion(
        workload="hello", environment="prod", before=seen, after=Release(version="2")
    )
    change._check_unmoved(promotion, replace(seen, healthy=True, image=""))
    with pytest.raises(RefusedError, match="prod has changed since") as caught:
        change._check_unmoved(promotion, replace(seen, version="3", pinned=""))
    assert caught.value.why == "version: 1 then, 3 now\npin: 1 then, none now"
    with pytest.raises(RefusedError, match="prod has changed since"):
        change._check_unmoved(promotion, replace(seen, image="r/hello@sha256:2"))
