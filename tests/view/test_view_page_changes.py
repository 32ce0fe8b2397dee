"""Changes by a page: only where allowed, by its own requests, one at a time, and only what was looked at."""

from __future__ import annotations

import http.client
import json
import queue

import pytest
from hostile_page import hostile

from pkgops.errors import RefusedError
from pkgops.view import page_access, page_server
from pkgops.view.page_changes import ACTIONS, Plan

WANTED = {"action": "promote", "environment": "apps-prod"}


class Planned:
    """Plans whose runs end when a test says so, and whatever was looked at and done."""

    def __init__(self):
        self.looked, self.done, self.refused = [], [], ""
        self.ends = queue.SimpleQueue()

    def __call__(self, wanted):
        self.looked.append(wanted)
        if wanted.environment == "nowhere":
            raise RefusedError(
                "there is no nowhere", why="nobody made it", next="pkgops status", slug="no-place"
            )

        def run(tell):
            tell("begun \x1b[31m<b>")
            self.done.append(wanted)
            end = self.ends.get(timeout=30)
            if isinstance(end, Exception):
                raise end
            return end

        return Plan(
            command="pkgops promote", question="Change it?", text="1 → 2", refused=self.refused, run=run
        )


@pytest.fixture
def planned():
    return Planned()


@pytest.fixture
def server(planned):
    served = page_server.PageServer(lambda *_: iter(()), planning=planned)
    served.latest.put(hostile("one"))
    served.begin()
    yield served
    planned.ends.put("the end")
    served.end()


def post(server, path, body, **headers):
    own = f"127.0.0.1:{server.port}"
    connection = http.client.HTTPConnection(page_access.HOST, server.port, timeout=30)
    given = {
        "Host": own,
        "Origin": f"http://{own}",
        "Cookie": f"pkgops={server.access.secret}",
        "Content-Type": "application/json",
        **headers,
    }
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request(
        "POST", f"/{server.access.token}/{path}", text, {key: value for key, value in given.items() if value}
    )
    answer = connection.getresponse()
    return answer.status, answer.read()


def plan(server, wanted=WANTED):
    status, body = post(server, "changes/plan", wanted)
    assert status == 200, body
    return json.loads(body)


def run(server, id):
    return post(server, "changes/run", {"id": id})


def doing(server):
    """Yield what is told of the change that is made, as it is told."""
    connection = http.client.HTTPConnection(page_access.HOST, server.port, timeout=30)
    cookie = {"Cookie": f"pkgops={server.access.secret}"}
    connection.request("GET", f"/{server.access.token}/events", headers=cookie)
    for line in connection.getresponse():
        if line.startswith(b"data: ") and (found := json.loads(line[6:]).get("doing")):
            yield found


def until(told, state):
    return next(one for one in told if one["state"] == state)


def test_where_it_is_not_allowed_nothing_is_there_that_could_change_anything():
    served = page_server.PageServer(lambda *_: iter(()))
    served.latest.put(hostile("one"))
    served.begin()
    try:
        for path in ("changes/plan", "changes/run", "changes", "changes/"):
            assert post(served, path, WANTED)[0] == 404
        assert {method for _, methods in served.routes for method in methods} == {"GET", "HEAD"}
    finally:
        served.end()


def test_what_was_looked_at_is_done_and_told_to_everybody(server, planned):
    found = plan(server)
    assert found["command"] == "pkgops promote"
    assert (found["question"], found["text"], found["refused"]) == ("Change it?", "1 → 2", "")
    assert planned.done == []
    others = doing(server)
    assert run(server, found["id"])[0] == 202
    assert until(others, "working")["command"] == "pkgops promote"
    planned.ends.put("2 runs")
    end = until(others, "done")
    assert (end["notes"], end["text"], end["error"]) == (["begun <b>"], "2 runs", None)
    assert len(planned.done) == 1


def test_a_failure_is_told_in_the_form_of_every_error(server, planned):
    others = doing(server)
    run(server, plan(server)["id"])
    planned.ends.put(RefusedError("no", why="because", next="pkgops why", slug="not-now"))
    error = until(others, "failed")["error"]
    assert (error["slug"], error["what"], error["next"]) == ("not-now", "no", "pkgops why")


def test_a_mistake_of_ours_ends_it_too(server, planned):
    others = doing(server)
    run(server, plan(server)["id"])
    planned.ends.put(KeyError("x"))
    assert until(others, "failed")["error"]["slug"] == "bug"
    assert post(server, "changes/plan", WANTED)[0] == 200


@pytest.mark.parametrize("end", ["2 runs", KeyError("x")])
def test_whoever_sees_the_end_may_plan_the_next_change_at_once(server, planned, monkeypatch, end):
    shown, put = [], server.latest.put

    def show(document):
        put(document)
        if document["doing"]["state"] != "working":
            shown.append(post(server, "changes/plan", WANTED)[0])

    monkeypatch.setattr(server.latest, "put", show)
    others = doing(server)
    run(server, plan(server)["id"])
    planned.ends.put(end)
    until(others, "done" if isinstance(end, str) else "failed")
    server.changes.wait()
    assert shown == [200]


def test_what_cannot_be_is_told_and_not_done(server):
    status, body = post(server, "changes/plan", {**WANTED, "environment": "nowhere"})
    assert (status, json.loads(body)["slug"]) == (409, "no-place")


def test_nothing_else_than_what_was_looked_at_last_is_done(server, planned):
    first, second = plan(server)["id"], plan(server)["id"]
    assert run(server, first)[0] == 409
    assert run(server, second)[0] == 409, "and that was asked for by somebody who looked at something else"
    third = plan(server)["id"]
    planned.ends.put("2 runs")
    assert run(server, third)[0] == 202
    server.changes.wait()
    assert run(server, third)[0] == 409
    assert len(planned.done) == 1


def test_what_a_gate_keeps_back_cannot_be_done(server, planned):
    planned.refused = "does not pass: age"
    found = plan(server)
    assert found["refused"] == "does not pass: age"
    assert run(server, found["id"])[0] == 409
    assert planned.done == []


def test_one_at_a_time(server, planned):
    told = doing(server)
    run(server, plan(server)["id"])
    until(told, "working")
    status, body = post(server, "changes/plan", WANTED)
    assert (status, json.loads(body)["slug"]) == (409, "busy")
    assert run(server, "x")[0] == 409


@pytest.mark.parametrize("path", ["changes/plan", "changes/run"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": ""},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Host": "evil.example"},
        {"Cookie": ""},
        {"Cookie": "pkgops=x"},
    ],
)
def test_requests_of_others_change_nothing(server, planned, path, headers):
    assert post(server, path, WANTED, **headers)[0] == 403
    assert planned.looked == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {}),
        (b"[]", {}),
        (b"null", {}),
        (b'"rerun"', {}),
        (b"\xff", {}),
        ({"action": "clean"}, {}),
        ({**WANTED, "version": "1"}, {}),
        ({**WANTED, "environment": 1}, {}),
        ({**WANTED, "environment": "x" * 5000}, {}),
        (WANTED, {"Content-Type": "text/plain"}),
        (WANTED, {"Content-Type": "application/x-www-form-urlencoded"}),
    ],
)
def test_what_is_no_change_is_refused(server, planned, body, headers):
    status, told = post(server, "changes/plan", body, **headers)
    assert (status, json.loads(told)["slug"]) == (400, "bad-request")
    assert post(server, "changes/run", body, **headers)[0] == 409
    assert planned.looked == []


def test_only_these_changes_can_be_made():
    assert ACTIONS == ("rerun", "promote", "rollback")
