"""What the server of admission reviews answers, also where the code of an answer breaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from fake_api import FakeApi

from pkgops.kube import Client, Obj
from pkgops.platform import fieldwarnings
from pkgops.platform.config import PlatformConfig
from pkgops.platform.failures import ErrorCounter
from pkgops.platform.webhooks import WebhookServer, reviewed

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
