"""A promotion by the page's own server, from the button to its end, against the API server in memory."""

from __future__ import annotations

import http.client
import json
import os
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from recorded_promotion import BEFORE, END, RECORDING, VERSION, promotable
from registry_fixtures import *  # noqa: F403
from shared_traces import lines

from pkgops.cli import ui
from pkgops.cli.page_changes import PageChanges
from pkgops.cli.session import limits_of, session, settings
from pkgops.view import page_access, page_server

NAME = "hello-go-web2pkg"
PROMOTE = {"action": "promote", "environment": "apps-prod"}
LEASES = "coordination.k8s.io/v1"


@pytest.fixture
def page(commands, registry):
    """The server of a page whose cluster is in memory, and what a browser sends to it."""
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    path = commands.api.kubeconfig(commands.folder / "kubeconfig", user="admin")
    commands.patch.setitem(os.environ, "KUBECONFIG", str(path))
    with promotable(commands.api) as cluster, session("plain") as shown:
        target = shown.target(settings(None, "memory"), start=False)
        changes = PageChanges(
            target=target,
            name=NAME,
            limits=limits_of("1h", target.settings, "promote"),
            options=ui.options_of(None, "memory", None, None),
        )
        server = page_server.PageServer(lambda *_: iter(()), planning=changes.plan)
        server.latest.put({"title": NAME})
        server.begin()
        yield SimpleNamespace(commands=commands, cluster=cluster, server=server)
        cluster.goes_on.set()
        server.changes.wait()
        server.end()


def ask(page, method, path, body=None):
    own = f"127.0.0.1:{page.server.port}"
    connection = http.client.HTTPConnection(page_access.HOST, page.server.port, timeout=120)
    headers = {
        "Host": own,
        "Origin": f"http://{own}",
        "Cookie": f"pkgops={page.server.access.secret}",
        "Content-Type": "application/json",
    }
    connection.request(method, f"{page.server.access.path}{path}", json.dumps(body), headers)
    return connection.getresponse()


def plan(page):
    answer = ask(page, "POST", "changes/plan", PROMOTE)
    told = json.loads(answer.read())
    assert answer.status == 200, told
    return told


def run(page, planned):
    """Agree to what was looked at; return all that every viewer is told of it, in order."""
    told = doing(page)
    assert ask(page, "POST", "changes/run", {"id": planned["id"]}).status == 202
    return told


def doing(page):
    for line in ask(page, "GET", "events"):
        if line.startswith(b"data: ") and (found := json.loads(line[6:]).get("doing")):
            yield found


def end(told):
    return next(one for one in told if one["state"] != "working")


def history(page):
    (past,) = page.commands("history", "--env", "apps-prod", "-o", "json").json()["environments"]
    return [(one["action"], one["result"], one["after"]["version"]) for one in past["releases"]]


def test_it_is_looked_at_agreed_to_and_followed_to_its_end(page):
    planned = plan(page)
    words = ["promote", NAME, "--to", "apps-prod", "--version", VERSION, "--context", "memory"]
    assert planned["command"] == " ".join(["pkgops", *words])
    dry = page.commands(*words[:-2], "--dry-run")
    assert planned["text"].strip() == dry.out.strip()
    assert f"{VERSION} to apps-prod: every gate passes" in planned["text"]
    assert planned["question"] == f"Change apps-prod on context memory to {VERSION}?"
    assert planned["refused"] == ""
    assert history(page) == []
    told = run(page, planned)
    begun = next(one for one in told if one["notes"])
    assert begun["notes"][0].endswith("created deliverable/hello-go-from-pkg in apps-prod")
    assert json.loads(ask(page, "POST", "changes/plan", PROMOTE).read())["slug"] == "busy"
    page.cluster.goes_on.set()
    ended = end(told)
    assert (ended["state"], ended["error"], ended["command"]) == ("done", None, planned["command"])
    assert f"done: {VERSION}" in "\n".join(ended["notes"])
    assert "Serve application" in ended["notes"][-1]
    assert f"pinned to   -        {VERSION}" in ended["text"]
    assert history(page) == [("promote", "succeeded", VERSION)]


def test_who_holds_the_environment_meanwhile_is_named(page):
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    planned = plan(page)
    spec = {"holderIdentity": "ann on laptop, process 7", "acquireTime": now, "renewTime": now}
    lease = {"metadata": {"name": f"{NAME}-release", "namespace": "apps-prod"}, "spec": spec}
    page.commands.api.objects.create(page.commands.api.of(LEASES, "Lease"), lease)
    error = end(run(page, planned))["error"]
    assert error["slug"] == "held"
    assert error["what"] == f"{NAME}-release in apps-prod is held by ann on laptop, process 7"
    assert error["next"].startswith("wait for its end")
    assert page.commands.names("carto.run/v1alpha1", "Deliverable") == ["hello-go-from-pkg"]


def test_a_gate_that_fails_after_the_look_is_named(page):
    planned = plan(page)
    page.cluster.status = 500
    error = end(run(page, planned))["error"]
    assert error["slug"] == "not-healthy"
    assert "HTTP 500" in error["what"] + error["why"], error
    assert history(page) == []


def test_what_has_moved_since_the_look_is_not_done(page):
    """Meanwhile somebody else has brought another version there."""
    planned = plan(page)
    api = page.commands.api
    for line in lines(RECORDING):
        if BEFORE < line["t"] <= END and line["object"]["metadata"].get("namespace") == "apps-prod":
            api.play([line])
    error = end(run(page, planned))["error"]
    assert error["slug"] == "plan-moved", error
    assert VERSION in error["why"], error
    assert error["next"] == "look at the change again"
    assert history(page) == []


def test_a_package_that_is_gone_is_told_at_the_look(page):
    assert "what would change is unknown: " in plan(page)["text"]


def test_a_command_elsewhere_is_kept_away_while_the_page_changes_an_environment(page):
    told = run(page, plan(page))
    next(one for one in told if one["notes"])
    other = page.commands("promote", "--to", "apps-prod", "--yes")
    assert other.code == 5, other
    assert f"{NAME}-release in apps-prod is held by admin on " in other.err
    page.cluster.goes_on.set()
    ended = end(told)
    assert ended["state"] == "done", ended
