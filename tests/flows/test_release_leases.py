"""Two at once: the second is refused, unless the first is gone."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest
from memory_restarts import Restarts

from pkgops.errors import Exit, RefusedError
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import leases
from pkgops.kube import connect

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def memory(memory_api):
    memory_api.namespaces("prod")
    memory_api.serve((leases.API, "Lease"))
    return memory_api


@pytest.fixture
def client(memory, tmp_path):
    return connect(memory.kubeconfig(tmp_path / "jane", user="jane"))


def ports(now=NOW, sleep=lambda _: None, told=None):
    tell = (lambda event: told.append(event.message)) if told is not None else (lambda _: None)
    return Ports(now=lambda: now, sleep=sleep, on_event=tell)


def hold(client, ports, user="ann"):
    return leases.held(client, "prod", "hello", user, ports)


def lease(client):
    return client.get(leases.API, "Lease", "hello-release", "prod")


def test_the_second_is_told_who_holds_it_since_when(client):
    with hold(client, ports(), "jane"):
        with pytest.raises(RefusedError, match="is held by jane on ") as caught, hold(client, ports()):
            pass
        assert caught.value.exit_code is Exit.REFUSED
        assert "since 2026-01-01T12:00:00.000000Z, and until 2026-01-01T12:01:00.000000Z" in caught.value.why
        assert "try again after 2026-01-01T12:01:00" in caught.value.next
    with hold(client, ports()):
        assert lease(client)["spec"]["holderIdentity"].startswith("ann on ")


def test_it_is_given_back_whatever_happens(client):
    with pytest.raises(KeyboardInterrupt), hold(client, ports()):
        raise KeyboardInterrupt
    assert lease(client)["spec"]["holderIdentity"] == ""


def killed(client, renewed=NOW):
    """The Lease of a command that was killed."""
    spec = leases._spec("jane on laptop, process 1", renewed, renewed)
    meta = {"name": "hello-release", "namespace": "prod"}
    client.create({"apiVersion": leases.API, "kind": "Lease", "metadata": meta, "spec": spec})


@pytest.mark.parametrize("minutes", [2, 60, -60])
def test_a_holder_that_is_gone_loses_it_after_its_term(client, minutes):
    killed(client)
    slept = []
    with hold(client, ports(NOW + timedelta(minutes=minutes), slept.append)):
        assert lease(client)["spec"]["holderIdentity"].startswith("ann on ")
    assert slept == [leases.OBSERVED]


@pytest.mark.parametrize("seconds", [0, 59, -59])
def test_within_its_term_it_is_kept(client, seconds):
    killed(client)
    with pytest.raises(RefusedError), hold(client, ports(NOW + timedelta(seconds=seconds))):
        pass


def test_a_holder_whose_clock_is_off_by_an_hour_and_who_still_renews_keeps_it(client):
    killed(client, NOW - timedelta(hours=1))

    def renews(_):
        found = lease(client)
        client.update({**found, "spec": {**found["spec"], "renewTime": "2026-01-01T11:00:05.000000Z"}})

    with pytest.raises(RefusedError, match="is held by jane"), hold(client, ports(sleep=renews)):
        pass


def test_without_the_right_to_hold_one_it_goes_on_and_says_so(memory, tmp_path):
    memory.allow("bob", ("*",), ("configmaps",), "prod")
    bob = connect(memory.kubeconfig(tmp_path / "bob", user="bob"))
    told = []
    with hold(bob, ports(told=told), "bob"):
        pass
    assert len(told) == 1
    assert "bob may not get leases in prod" in told[0]


@pytest.mark.parametrize("taken", [False, True])
def test_one_whose_answer_is_lost_is_held_by_who_wrote_it(memory, client, taken):
    if taken:
        with hold(client, ports()):
            pass
    memory.restarts = Restarts(1, "after", refused=0)
    with hold(client, ports()):
        assert lease(client)["spec"]["holderIdentity"].startswith("ann on ")
    assert lease(client)["spec"]["holderIdentity"] == ""


def test_a_renewal_whose_answer_is_lost_is_not_the_last(memory, client, monkeypatch):
    monkeypatch.setattr(leases, "RENEW", 0.05)
    seconds = itertools.count()
    moving = Ports(now=lambda: NOW + timedelta(seconds=next(seconds)))
    with hold(client, moving):
        memory.restarts = Restarts(1, "after", refused=0)
        while memory.restarts.writes < 1:
            time.sleep(0.01)
        lost = lease(client)["spec"]["renewTime"]
        while memory.restarts.writes < 6:
            time.sleep(0.01)
        assert lease(client)["spec"]["renewTime"] > lost
    assert lease(client)["spec"]["holderIdentity"] == ""
