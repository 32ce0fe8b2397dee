"""Temporary errors of a server: tried again where that is safe, for the seconds of the policy."""

from __future__ import annotations

import itertools

import pytest
from fake_api import FakeApi

from pkgops.kube import ApiError, Client, ClusterDeleted, Conflict, Invalid, Unreachable, is_temporary
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.retry import RetryPolicy
from pkgops.kube.transport import Transport

PATH = "/api/v1/namespaces/default/configmaps"
ONE = f"{PATH}/one"
BUSY = {"reason": "Timeout", "message": "Timeout: request did not complete within requested timeout"}
HOOK = {"reason": "InternalError", "message": 'Internal error occurred: failed calling webhook "x": EOF'}
CHANGED = {"reason": "Conflict", "message": "the object has been modified; please apply your changes"}
OWNED = {"reason": "Conflict", "message": 'Apply failed with 1 conflict: conflict with "kubectl"'}


class Time:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


def retrying(url: str, time: Time, seconds: float = 20.0) -> Client:
    policy = RetryPolicy(seconds=seconds, clock=lambda: time.now, sleep=time.sleep)
    return Client(Transport(Endpoint(server=url, name="fake"), policy=policy))


def made_retrying(url: str, time: Time) -> Client:
    policy = RetryPolicy(clock=lambda: time.now, sleep=time.sleep)
    return Client(Transport(Endpoint(server=url, name="fake"), policy=policy)).retrying(20.0)


def config_map() -> dict:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one", "namespace": "default"}}


def asked(api: FakeApi, method: str) -> int:
    return sum(1 for found, path, _ in api.requests if found == method and path.startswith(PATH))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_reading_is_asked_again_until_it_is_answered(api, time, status):
    api.put("one", {})
    for _ in range(4):
        api.answer_next("GET", ONE, status, BUSY, {})
    assert retrying(api.url, time).get("v1", "ConfigMap", "one", "default")["metadata"]["name"] == "one"
    assert asked(api, "GET") == 5
    assert len(time.slept) == 4
    assert time.slept == sorted(time.slept)


@pytest.mark.parametrize("client", [retrying, made_retrying])
def test_where_a_kind_is_served_is_asked_again_as_well(api, time, client):
    api.put("one", {})
    api.answer_next("GET", "/api/v1", 504, BUSY, {})
    assert client(api.url, time).get("v1", "ConfigMap", "one", "default")["metadata"]["name"] == "one"
    assert len(time.slept) == 1


def test_a_client_made_retrying_knows_what_the_one_before_knew(api, time):
    api.put("one", {})
    first = made_retrying(api.url, time)
    first.get("v1", "ConfigMap", "one", "default")
    first.retrying(20.0).get("v1", "ConfigMap", "one", "default")
    assert [path for _, path, _ in api.requests].count("/api/v1") == 1


def test_an_end_of_patience_tells_what_the_server_said(api, time):
    for _ in range(100):
        api.answer_next("GET", ONE, 504, BUSY, {})
    with pytest.raises(ApiError, match="did not complete") as caught:
        retrying(api.url, time).get("v1", "ConfigMap", "one", "default")
    assert is_temporary(caught.value)
    assert 18 < time.now < 25


def test_the_server_says_how_long_to_wait(api, time):
    api.put("one", {})
    api.answer_next("GET", ONE, 503, BUSY, {"Retry-After": "7"})
    retrying(api.url, time).get("v1", "ConfigMap", "one", "default")
    assert time.slept == [7.0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_is_told_at_once(api, time, status):
    api.answer_next("GET", ONE, status, {"message": "no", "reason": "No"}, {})
    with pytest.raises(ApiError):
        retrying(api.url, time).get("v1", "ConfigMap", "one", "default")
    assert time.slept == []


@pytest.mark.parametrize("body", [BUSY, HOOK])
def test_an_apply_is_repeated(api, time, body):
    api.answer_next("PATCH", ONE, 500, body, {})
    retrying(api.url, time).apply(config_map())
    assert asked(api, "PATCH") == 2


def test_an_apply_that_came_between_other_writes_is_repeated(api, time):
    api.answer_next("PATCH", ONE, 409, CHANGED, {})
    retrying(api.url, time).apply(config_map())
    assert asked(api, "PATCH") == 2


def test_a_field_that_somebody_else_owns_is_told_at_once(api, time):
    api.answer_next("PATCH", ONE, 409, OWNED, {})
    with pytest.raises(Conflict):
        retrying(api.url, time).apply(config_map(), force=False)
    assert time.slept == []


def test_a_create_that_may_have_been_carried_out_is_not_repeated(api, time):
    api.answer_next("POST", PATH, 504, BUSY, {})
    with pytest.raises(ApiError):
        retrying(api.url, time).create(config_map())
    assert asked(api, "POST") == 1


@pytest.mark.parametrize(("body", "headers"), [(HOOK, {}), (BUSY, {"Retry-After": "0"})])
def test_a_create_that_was_not_carried_out_is_repeated(api, time, body, headers):
    api.answer_next("POST", PATH, 500, body, headers)
    retrying(api.url, time).create(config_map())
    assert asked(api, "POST") == 2


def test_an_update_is_not_repeated(api, time):
    api.answer_next("PUT", ONE, 500, BUSY, {})
    with pytest.raises(ApiError):
        retrying(api.url, time).update(config_map())
    assert asked(api, "PUT") == 1


def test_a_denial_by_a_webhook_is_told_at_once(api, time):
    text = 'admission webhook "x" denied the request: connection refused'
    api.answer_next("PATCH", ONE, 400, {"message": text, "reason": "BadRequest"}, {})
    with pytest.raises(Invalid):
        retrying(api.url, time).apply(config_map())
    assert time.slept == []


def test_without_patience_only_a_throttled_request_is_sent_again(api, time):
    api.answer_next("GET", ONE, 503, BUSY, {})
    with pytest.raises(ApiError):
        retrying(api.url, time, 0.0).get("v1", "ConfigMap", "one", "default")
    assert time.slept == []


def test_a_server_that_goes_away_is_waited_for_longer_than_one_that_never_answered(time):
    api = FakeApi()
    client = retrying(api.url, time)
    client.list("v1", "ConfigMap")
    api.close()
    client.transport._connections._idle.clear()
    with pytest.raises(Unreachable):
        client.list("v1", "ConfigMap")
    known = time.now
    with pytest.raises(Unreachable):
        retrying(api.url, time).list("v1", "ConfigMap")
    assert 18 < known < 25
    assert 2 < time.now - known < 5


class Silent:
    """Connections to a server that takes every request and answers none."""

    def __init__(self, seconds: float, time: Time) -> None:
        self.seconds = seconds
        self.time = time
        self.asked: list[str] = []

    def fetch(self, request):
        self.asked.append(request.method)
        self.time.now += self.seconds
        raise TimeoutError("The read operation timed out")


@pytest.mark.parametrize(
    ("known", "seconds", "tries"), [(True, 180.0, 3), (True, 20.0, 1), (False, 180.0, 1), (True, 0.0, 1)]
)
def test_an_answer_that_does_not_come_is_waited_for_once_more_if_there_is_time(time, known, seconds, tries):
    connections = Silent(60.0, time)
    policy = RetryPolicy(seconds=seconds, clock=lambda: time.now, sleep=time.sleep, known=known)
    transport = Transport(Endpoint(server="http://silent", name="fake"), connections, policy=policy)
    with pytest.raises(Unreachable, match="cannot reach"):
        transport.json("GET", PATH)
    assert connections.asked == ["GET"] * tries


def test_a_create_without_an_answer_is_not_repeated(time):
    connections = Silent(1.0, time)
    policy = RetryPolicy(seconds=180.0, clock=lambda: time.now, sleep=time.sleep, known=True)
    transport = Transport(Endpoint(server="http://silent", name="fake"), connections, policy=policy)
    with pytest.raises(Unreachable):
        transport.json("POST", PATH, body={})
    assert connections.asked == ["POST"]


def waiting(api: FakeApi, time: Time, told: list) -> Client:
    policy = RetryPolicy(seconds=20.0, clock=lambda: time.now, sleep=time.sleep, waiting=told.append)
    return Client(Transport(Endpoint(server=api.url, name="fake"), policy=policy))


def told_while_busy(api: FakeApi, time: Time, times: int) -> list:
    """Ask a server that cannot answer so many times; return the errors that were told meanwhile."""
    for _ in range(times):
        api.answer_next("GET", ONE, 503, BUSY, {})
    api.put("one", {})
    told: list = []
    waiting(api, time, told).get("v1", "ConfigMap", "one", "default")
    return told


def test_a_request_that_waits_for_long_tells_why_once(api, time):
    told = told_while_busy(api, time, 12)
    assert time.now > 10
    assert [(error.status, is_temporary(error)) for error in told] == [(503, True)]


def test_a_cluster_that_was_deleted_meanwhile_is_not_waited_for(api, time):
    error = ClusterDeleted("the cluster was deleted")
    asked_for = []

    def deleted():
        asked_for.append(time.now)
        return error if time.now > 3 else None

    client = retrying(api.url, time, 600.0).retrying(600.0, deleted=deleted)
    api.close()
    with pytest.raises(ClusterDeleted) as caught:
        client.get("v1", "ConfigMap", "one", "default")
    assert caught.value is error
    assert not is_temporary(error)
    assert 3 < time.now < 10
    assert asked_for[-1] == time.now


def test_what_is_over_soon_is_not_told(api, time):
    told = told_while_busy(api, time, 3)
    assert len(time.slept) == 3
    assert told == []


def test_other_patience_keeps_who_is_told(api, time):
    api.answer_next("GET", ONE, 503, BUSY, {"Retry-After": "3"})
    api.put("one", {})
    told: list = []
    transport = waiting(api, time, told).transport
    for other in (transport.retrying(10.0), transport.impersonating("jane", ())):
        assert other._policy.waiting == told.append
    Client(transport.impersonating("jane", ())).get("v1", "ConfigMap", "one", "default")
    assert len(told) == 1


def test_pauses_grow_and_end_growing(api, time):
    for _ in range(50):
        api.answer_next("GET", ONE, 500, BUSY, {})
    with pytest.raises(ApiError):
        retrying(api.url, time).get("v1", "ConfigMap", "one", "default")
    assert all(before <= after <= 2 for before, after in itertools.pairwise(time.slept))
