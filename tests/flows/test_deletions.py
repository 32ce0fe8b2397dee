"""What is told while deletions are waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pkgops.errors import DeadlineError
from pkgops.flows.deletions import Deletions
from pkgops.flows.ports import Ports
from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.model import Event, ObjectRef

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
POD = ObjectRef("v1", "Pod", "apps-dev", "shop-00001")


class Clock:
    """A time that goes on where somebody sleeps; at some moments something happens."""

    def __init__(self) -> None:
        self.now = BEGAN
        self.then = {}

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for moment in [one for one in self.then if one <= (self.now - BEGAN).total_seconds()]:
            self.then.pop(moment)()


@pytest.fixture
def ending(commands):
    """A pod that was told to end, and has 300 s for it."""
    meta = {"name": POD.name, "namespace": POD.namespace, "deletionTimestamp": "2026-01-01T00:05:00Z"}
    commands.api.objects.write(
        commands.api.of("v1", "Pod"), {"apiVersion": "v1", "kind": "Pod", "metadata": meta}
    )
    client = Client(Transport(Endpoint(server=commands.api.url, name="memory", token=lambda: "admin")))
    clock, told = Clock(), list[Event]()
    return (
        commands.api,
        client,
        clock,
        told,
        Ports(on_event=told.append, now=lambda: clock.now, sleep=clock.sleep),
    )


def test_a_pod_that_ends_late_is_told_once_with_the_time_that_it_has(ending):
    api, client, clock, told, ports = ending
    clock.then[60] = lambda: api.objects.drop(api.of("v1", "Pod"), (POD.namespace, POD.name))
    Deletions(ports, 600).gone(client, [POD])
    (note,) = told
    assert note.object == POD
    assert note.message == (
        "still there: pod/shop-00001 in apps-dev (terminating, killed by its node in 290 s at the latest)"
    )


def test_what_is_gone_soon_is_not_told(ending):
    api, client, clock, told, ports = ending
    clock.then[5] = lambda: api.objects.drop(api.of("v1", "Pod"), (POD.namespace, POD.name))
    Deletions(ports, 600).gone(client, [POD])
    assert told == []


def test_the_deadline_says_the_same(ending):
    *_, client, _, _, ports = ending
    with pytest.raises(DeadlineError) as ended:
        Deletions(ports, 30).gone(client, [POD])
    assert "pod/shop-00001 in apps-dev (terminating, killed by its node in 270 s" in ended.value.why
