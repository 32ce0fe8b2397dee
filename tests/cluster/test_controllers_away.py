"""A controller that is away is named: here all of them are one process, which is stopped and mended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from pkgops import local
from pkgops.flows import controllers
from pkgops.flows.target import Target
from pkgops.kube import ApiError, connect, is_temporary
from pkgops.model import Blockage, CauseCode, ObjectRef, State
from pkgops.settings import Overrides, load

pytestmark = pytest.mark.cluster

CHAIN = {
    "apiVersion": "carto.run/v1alpha1",
    "kind": "ClusterSupplyChain",
    "metadata": {"name": "away"},
    "spec": {
        "selector": {"away": "yes"},
        "resources": [{"name": "a", "templateRef": {"kind": "ClusterSourceTemplate", "name": "a"}}],
    },
}


@pytest.fixture
def stopped(instance) -> Iterator[Target]:
    """The local cluster with its platform stopped; goes on afterwards if nobody has started it again."""
    client = connect(instance.kubeconfig, instance.context).retrying(3)
    pid = _platform(instance.name)
    os.kill(pid, signal.SIGSTOP)
    yield Target(
        name="the local cluster",
        client=client,
        settings=load(Overrides(), {}, Path("/nowhere")),
        confirms=False,
        local=instance,
    )
    if _platform(instance.name) == pid:
        os.kill(pid, signal.SIGCONT)


def _platform(name: str) -> int:
    return next(part.pid for part in local.status(name).parts if part.name == "platform")


def test_the_platform_that_does_not_answer_is_named_with_the_command_that_mends_it(stopped):
    with pytest.raises(ApiError) as caught:
        stopped.client.apply(CHAIN, dry_run=True)
    assert is_temporary(caught.value)
    told = controllers.explain(stopped, caught.value)
    assert told.what == f"{controllers.PLATFORM} does not answer"
    assert (told.slug, told.next) == ("controller-away", "pkgops local up")

    ref = ObjectRef("carto.run/v1alpha1", "Workload", "default", "x")
    cause = Blockage(
        code=CauseCode.CONTROLLER_SILENT, cause="x", object=ref, state=State.WAITING, next="pkgops doctor"
    )
    found = controllers.named(stopped, cause)
    assert found.next == told.next
    assert [item.text for item in found.evidence] == [f"{controllers.PLATFORM} may have ended or be stopped"]

    local.up(stopped.local.name)
    assert stopped.client.apply(CHAIN, dry_run=True)["metadata"]["name"] == "away"
