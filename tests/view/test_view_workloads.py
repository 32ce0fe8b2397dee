"""The matrix of all workloads: who is told which rows, and the page of one below it."""

from __future__ import annotations

import json
import threading

import pytest
import view_snapshots
from hostile_page import hostile
from test_view_page_server import ask, events

from pkgops.view import page_rows, page_server
from pkgops.view.page_workloads import Workloads

NAMES = ("one", "two", "three")
ABOUT = {"title": "all", "source": "recording", "version": "0", "namespace": "default", "environments": []}


def row(name, verdict="ready"):
    return {**page_rows.unread_row(name), "verdict": verdict, "cause": ""}


class Served:
    """The server, and how often somebody waited for a page."""

    def __init__(self):
        self.woken = threading.Semaphore(0)
        self.workloads = Workloads(ABOUT, lambda *_: iter(()), None, self.woken.release)
        self.workloads.rows.put(NAMES, {name: row(name) for name in NAMES})
        self.server = page_server.PageServer(lambda *_: iter(()), workloads=self.workloads)
        self.server.begin()

    def ask(self, path, **headers):
        return ask(self.server, f"/{self.server.access.token}/{path}", **headers)

    def put(self, name, text):
        self.workloads.put(name, {**hostile_moment(text), "t": 0.0}, {**ABOUT, "title": name})


def hostile_moment(text):
    data = hostile(text)
    pooled = {
        key: [data["pool"][place] for place in data["moments"][0][key]] for key in page_rows.page.POOLED
    }
    return {**data["moments"][0], **pooled}


@pytest.fixture
def served():
    found = Served()
    yield found
    found.server.end()


def test_a_row_is_what_the_terminal_says_of_a_workload():
    found = page_rows.row(view_snapshots.failed())
    snapshot = view_snapshots.failed()
    assert found["verdict"] == str(snapshot.verdict)
    assert found["cause"] == snapshot.blockage.cause
    assert [one["name"] for one in found["environments"]] == [one.name for one in snapshot.environments]


def test_viewers_are_told_of_what_changes_and_of_nothing_else(served):
    told = events(served.ask("events"))
    first = next(told)
    assert first["whole"]
    assert sorted(one["name"] for one in first["rows"]) == sorted(NAMES)
    rows = served.workloads.rows
    rows.put(NAMES, {"one": row("one"), "two": row("two", "failed")})
    assert next(told) == {"whole": False, "rows": [row("two", "failed")], "gone": []}
    rows.put(("one", "two", "four"), {})
    assert next(told) == {"whole": False, "rows": [page_rows.unread_row("four")], "gone": ["three"]}
    rows.put((*NAMES, "four"), {"three": row("three", "working")})
    assert next(told) == {"whole": False, "rows": [row("three", "working")], "gone": []}


def test_what_was_not_read_yet_is_unknown(served):
    served.workloads.rows.put((*NAMES, "new"), {})
    text = served.ask("").read().decode()
    data = json.loads(text.partition('id="data">')[2].partition("</script>")[0])
    found = {one["name"]: (one["verdict"], one["cause"]) for one in data["workloads"]}
    assert found["new"] == ("unknown", "not read yet")
    assert found["one"] == ("ready", "")


def test_the_page_of_one_waits_for_what_is_known_of_it_now(served):
    assert served.workloads.wanted == []
    answers = []
    asking = threading.Thread(target=lambda: answers.append(served.ask("workloads/two/").read().decode()))
    asking.start()
    assert served.woken.acquire(timeout=20)
    assert served.workloads.wanted == ["two"]
    served.put("two", "the text")
    asking.join(20)
    assert "the text" in answers[0]
    told = events(served.ask("workloads/two/events"))
    assert next(told)["title"] == "two"
    served.put("two", "another text")
    assert "another text" in json.dumps(next(told))
    assert served.workloads.wanted == ["two"]


def test_of_what_is_no_workload_nothing_is_told(served):
    for path in ("workloads/nobody/", "workloads/nobody/events", "workloads/", "workloads/two/../nobody/"):
        assert served.ask(path).status == 404
    assert served.workloads.wanted == []


def test_pages_need_the_token_and_all_else_the_cookie_too(served):
    served.workloads.rows.put(NAMES, {})
    for path in ("events", "workloads/two/events", "workloads/two/logs", "workloads/two"):
        assert served.ask(path, Cookie="").status == 403
    assert ask(served.server, "/x/workloads/two/").status == 403
    assert served.ask("workloads/two/", Host="evil.example").status == 403
    assert served.ask("workloads/two/", Origin="http://evil.example").status == 403


def test_without_permission_no_address_of_one_changes_anything(served):
    own = {"Origin": f"http://127.0.0.1:{served.server.port}"}
    path = f"/{served.server.access.token}/workloads/two/changes/plan"
    assert ask(served.server, path, "POST", **own).status == 404
