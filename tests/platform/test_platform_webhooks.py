"""What the server of admission reviews answers, also where the code of an answer breaks."""

from __future__ import annotations

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fake_api import FakeApi
from memory_api import MemoryApi
from memory_direct import direct_client

from pkgops.kube import Client, Obj
from pkgops.platform import fieldwarnings
from pkgops.platform.config import PlatformConfig
from pkgops.platform.failures import ErrorCounter
from pkgops.platform.webhooks import (
    MUTATING,
    REGISTRATION,
    VALIDATING,
    WebhookServer,
    configuration,
    reviewed,
)

REVIEW = json.dumps({"request": {"uid": "7", "object": {"spec": "x"}}}).encode()


@pytest.fixture
def counter() -> ErrorCounter:
    return ErrorCounter()


@pytest.fixture
def server(client: Client, counter: ErrorCounter) -> WebhookServer:
    return WebhookServer(client, PlatformConfig(), lambda: datetime(2026, 1, 1, tzinfo=UTC), counter)


def broken(review: Obj) -> Obj:
    return {"replicas": review["request"]["object"]["spec"].get("replicas")}


def test_an_object_that_breaks_the_code_is_refused_with_what_happened_and_where(
    server: WebhookServer, counter: ErrorCounter, api: FakeApi
) -> None:
    server.on("/a", broken)
    status, body = server.handle("/a", REVIEW)
    response = json.loads(body)["response"]
    assert (status, response["uid"], response["allowed"]) == (200, "7", False)
    assert (response["status"]["code"], response["status"]["reason"]) == (500, "InternalError")
    assert response["status"]["message"].startswith(
        "the local platform did not expect this: AttributeError: 'str' object has no attribute 'get' "
        "(pkgops/platform/webhooks.py, line "
    )
    assert counter.counts == {"/a": 1}


def test_what_only_warns_holds_nothing_up(server: WebhookServer, counter: ErrorCounter) -> None:
    server.on("/a", broken, required=False)
    assert server.handle("/a", REVIEW) == (500, b"{}")
    assert counter.counts == {"/a": 1}


def test_warnings_of_fields_hold_nothing_up(server: WebhookServer) -> None:
    fieldwarnings.start(server, "flux")
    review = json.dumps({"request": {"uid": "7", "object": "x"}}).encode()
    assert server.handle("/fields/flux", review)[0] == 500


def test_an_answer_is_passed_on_and_what_is_no_review_is_none(
    server: WebhookServer, counter: ErrorCounter
) -> None:
    server.on("/a", lambda review: reviewed(review["request"]))
    assert json.loads(server.handle("/a", REVIEW)[1])["response"] == {"uid": "7", "allowed": True}
    assert server.handle("/b", REVIEW) == (404, b"{}")
    assert server.handle("/a", b"[]") == (400, b"{}")
    assert server.handle("/a", b"{") == (400, b"{}")
    assert counter.counts == {}


def registered(name: str, group: str = "") -> Obj:
    """Return a webhook configuration: the platform's of a group, else somebody else's."""
    made = configuration(VALIDATING, name, group, [])
    return made if group else {**made, "metadata": {"name": name}}


def test_configurations_of_its_groups_that_are_not_its_own_are_deleted(
    memory_api: MemoryApi, counter: ErrorCounter, tmp_path: Path
) -> None:
    memory_api.serve(*((REGISTRATION, kind) for kind in (MUTATING, VALIDATING)), namespaced=False)
    memory_api.put(
        registered("of-another-version", "carvel"),
        {**registered("own", "carvel"), "kind": MUTATING},
        registered("of-another-process", "flux"),
        registered("of-somebody-else"),
    )
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = PlatformConfig(address="127.0.0.1", webhook_port=port, data_dir=tmp_path)
    client, time = direct_client(memory_api), datetime(2026, 1, 1, tzinfo=UTC)
    server = WebhookServer(client, config, lambda: time, counter)
    server.on("/a", broken)
    # Objects of other kinds are applied in the same way.
    other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "kpack"}}
    server.register(lambda *_: [registered("own", "carvel"), other])
    server.start()
    server.stop()
    kinds = [memory_api.of(REGISTRATION, kind) for kind in (MUTATING, VALIDATING)]
    held = [[obj["metadata"]["name"] for obj in memory_api.objects.all(kind)] for kind in kinds]
    assert [sorted(names) for names in held] == [[], ["of-another-process", "of-somebody-else", "own"]]
