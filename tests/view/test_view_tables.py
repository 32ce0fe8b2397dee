"""Tables and documents of commands that end at once."""

from __future__ import annotations

import json

import view_snapshots as snapshots

from pkgops.errors import Exit, RefusedError
from pkgops.model import Verdict
from pkgops.values import replace
from pkgops.view import configuration, errors, plans, promotion, status, up_result


def test_status(golden):
    pinned = snapshots.served(name="apps-prod", namespace="apps-prod", pinned="0.1.1", version="0.1.1")
    stale = snapshots.served(stale=True)
    found = [snapshots.snapshot((), (snapshots.served(), pinned)), snapshots.snapshot((), (stale,))]
    golden("status.txt", status.table(found))


def test_status_with_a_cause(golden):
    golden("status-failed.txt", status.table([snapshots.failed()]))


def test_status_as_json(golden):
    golden("status.json", status.document([snapshots.ready(), snapshots.failed()]))


def test_status_of_nothing():
    assert status.table([]) == "No workload found"
    assert json.loads(status.document([]))["workloads"] == []


def test_a_workload_without_an_environment_has_a_row():
    shown = status.table([snapshots.snapshot((), verdict=Verdict.WORKING)])
    assert "hello-go-web2pkg" in shown
    assert "working" in shown


BEFORE = {"version": "", "image": "", "revision": "", "pinned": ""}
AFTER = {"version": "0.1.2", "image": snapshots.IMAGE, "revision": snapshots.COMMIT, "pinned": "0.1.2"}


def test_promotion(golden):
    golden("promotion.txt", promotion.table("apps-prod", BEFORE, AFTER))
    document = json.loads(promotion.document("Promotion", "hello", "apps-prod", BEFORE, AFTER, [], {}))
    assert document["after"]["version"] == "0.1.2"
    assert document["apiVersion"] == errors.API_VERSION


def test_what_is_not_known_of_a_release_is_not_nothing():
    nothing = dict.fromkeys(promotion.FIELDS, "")
    rows = promotion.table("apps-prod", nothing, {**nothing, "version": "0.1.2"}).splitlines()
    assert [row.split()[-2:] for row in rows[1:]] == [
        ["-", "0.1.2"],
        ["-", "unknown"],
        ["-", "unknown"],
        ["-", "-"],
    ]


def test_an_error_has_four_parts():
    error = RefusedError("what", why="why", next="next command", slug="gate")
    assert errors.text(error) == "error: gate\nwhat\nwhy\nnext: next command"
    document = errors.document(error)
    assert document["exitCode"] == Exit.REFUSED
    assert document["slug"] == "gate"


def test_an_error_without_why_and_next_has_two_lines():
    assert errors.text(RefusedError("what")) == "error: refused\nwhat"


def test_a_plan_shows_what_changes_only():
    steps = [("create", snapshots.ref("Task", "test-golang")), ("unchanged", snapshots.ref("Task", "other"))]
    shown = plans.table(steps, dry_run=True)
    assert "to create" in shown
    assert "task/other" not in shown
    assert shown.endswith("1 to create, 1 unchanged")
    assert plans.table([], dry_run=False) == "nothing to apply"


def test_what_is_left_is_told_in_kubectls_words():
    assert plans.remaining_table([]) == "No resources found"
    assert "workload/hello" in plans.remaining_table([snapshots.ref("Workload", "hello")])


def test_the_end_of_up():
    environment = snapshots.served()
    said = up_result.sentence("hello", environment, 200)
    assert said == "hello 0.1.1764000000 (commit 1a2b3c4d) answers in apps-dev: HTTP 200"
    assert "pkgops promote hello --to apps-prod" in up_result.hints("hello", environment, ("apps-prod",))
    assert json.loads(up_result.document("hello", environment, 200, "Hi"))["answer"]["body"] == "Hi"


def test_an_address_that_answers_inside_the_cluster_only_is_said_to():
    url = "http://hello.apps-dev.svc.cluster.local"
    private = replace(snapshots.served(), url=url)
    assert f"  url: {url} (inside the cluster only)\n" in up_result.hints("hello", private, ())
    outside = replace(private, url="http://hello.svc-team.example.com")
    assert "inside" not in up_result.hints("hello", outside, ())


def test_configuration_rows():
    rows = [("git.url", "", "default"), ("pkgops.templates", ["a"], "config.yaml:1:1")]
    assert configuration.table(rows).splitlines()[1].split() == ["git.url", '""', "default"]
    assert json.loads(configuration.document(rows))["values"][1]["value"] == ["a"]
