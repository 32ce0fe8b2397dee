"""A promotion by the page's own server, from the button to its end, against the API server in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from recorded_promotion import BEFORE, END, NAME, RECORDING, VERSION, promotable
from registry_fixtures import *  # noqa: F403
from served_page_kit import end, served
from shared_traces import lines

from pkgops.flows import first_answer

PROMOTE = {"action": "promote", "environment": "apps-prod"}
TEKTON = "tekton.dev/v1"
LEASES = "coordination.k8s.io/v1"


@pytest.fixture
def page(commands, registry):
    with served(commands, registry, promotable) as found:
        yield found


def test_it_is_looked_at_agreed_to_and_followed_to_its_end(page):
    planned = page.plan(PROMOTE)
    words = ["promote", NAME, "--to", "apps-prod", "--version", VERSION, "--context", "memory"]
    assert planned["command"] == " ".join(["pkgops", *words])
    dry = page.commands(*words[:-2], "--dry-run")
    assert planned["text"].strip() == dry.out.strip()
    assert f"{VERSION} to apps-prod: every gate passes" in planned["text"]
    assert planned["question"] == f"Change apps-prod on context memory to {VERSION}?"
    assert planned["refused"] == ""
    assert page.history() == []
    told = page.run(planned)
    begun = next(one for one in told if one["notes"])
    assert begun["notes"][0].endswith("created deliverable/hello-go-from-pkg in apps-prod")
    assert json.loads(page.ask("POST", "changes/plan", PROMOTE).read())["slug"] == "busy"
    page.cluster.goes_on.set()
    ended = end(told)
    assert (ended["state"], ended["error"], ended["command"]) == ("done", None, planned["command"])
    assert f"done: {VERSION}" in "\n".join(ended["notes"])
    # Two stages that end in the same moment are printed in either order.
    assert "Serve application" in "\n".join(ended["notes"]), ended
    assert f"pinned to   -        {VERSION}" in ended["text"]
    assert page.history() == [("promote", "succeeded", VERSION)]


def test_a_stage_is_started_again_with_the_same_inputs(page):
    before = page.commands.names(TEKTON, "TaskRun")
    planned = page.plan({"action": "rerun", "stage": "source-tester"})
    assert planned["command"] == f"pkgops rerun {NAME} --stage source-tester --context memory"
    assert planned["question"] == f"Start Test source (source-tester) of {NAME} on context memory again?"
    ended = end(page.run(planned))
    (made,) = set(page.commands.names(TEKTON, "TaskRun")) - set(before)
    assert (ended["state"], ended["error"]) == ("done", None)
    assert ended["text"] == f"source-tester: started again as taskrun/{made}"


def test_who_holds_the_environment_meanwhile_is_named(page):
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    planned = page.plan(PROMOTE)
    spec = {"holderIdentity": "ann on laptop, process 7", "acquireTime": now, "renewTime": now}
    lease = {"metadata": {"name": f"{NAME}-release", "namespace": "apps-prod"}, "spec": spec}
    page.commands.api.objects.create(page.commands.api.of(LEASES, "Lease"), lease)
    error = end(page.run(planned))["error"]
    assert error["slug"] == "held"
    assert error["what"] == f"{NAME}-release in apps-prod is held by ann on laptop, process 7"
    assert error["next"].startswith("wait for its end")
    assert page.commands.names("carto.run/v1alpha1", "Deliverable") == ["hello-go-from-pkg"]


def test_a_gate_that_fails_after_the_look_is_named(page, monkeypatch):
    monkeypatch.setattr(first_answer, "PAUSE", 0.02)
    planned = page.plan(PROMOTE)
    page.cluster.status = 500
    error = end(page.run(planned))["error"]
    assert error["slug"] == "not-healthy"
    assert "HTTP 500" in error["what"] + error["why"], error
    assert page.history() == []


def test_what_has_moved_since_the_look_is_not_done(page):
    """Meanwhile somebody else has brought another version there."""
    planned = page.plan(PROMOTE)
    api = page.commands.api
    for line in lines(RECORDING):
        if BEFORE < line["t"] <= END and line["object"]["metadata"].get("namespace") == "apps-prod":
            api.play([line])
    error = end(page.run(planned))["error"]
    assert error["slug"] == "plan-moved", error
    assert VERSION in error["why"], error
    assert error["next"] == "plan the change again"
    assert page.history() == []


def test_a_package_that_is_gone_is_told_at_the_look(page):
    assert "what would change is unknown: " in page.plan(PROMOTE)["text"]


def test_a_command_elsewhere_is_kept_away_while_the_page_changes_an_environment(page):
    told = page.run(page.plan(PROMOTE))
    next(one for one in told if one["notes"])
    other = page.commands("promote", "--to", "apps-prod", "--yes")
    assert other.code == 5, other
    assert f"{NAME}-release in apps-prod is held by admin on " in other.err
    page.cluster.goes_on.set()
    ended = end(told)
    assert ended["state"] == "done", ended
