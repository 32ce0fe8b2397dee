"""``report``, ``timeline`` and ``--report`` of what a cluster holds at a moment."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from commands_kit import Commands
from memory_api import MemoryApi

RUN = "hello-go-web2pkg-test-golang-j5ffx"


@pytest.fixture
def failed(tmp_path, capsys, monkeypatch):
    """A cluster on which the newest commit's test has failed."""
    api = MemoryApi()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    commands = Commands(api, tmp_path, capsys, monkeypatch)
    commands.play("fifth-run", 21.0)
    api.logs[("default", f"{RUN}-pod", "step-test")] = "ok one\n--- FAIL: TestGreeting <b>\n"
    yield commands
    api.close()


def data_of(page):
    text = page.read_text().partition('id="data">')[2].partition("</script>")[0]
    return json.loads(text)


def test_a_report_of_a_cluster_has_the_end_of_the_log(failed, tmp_path):
    ended = failed("report", "-o", "run.html", "--junit", "run.xml")
    assert ended.code == 0, ended
    data = data_of(tmp_path / "run.html")
    assert (data["source"], data["moments"][0]["verdict"]) == ("context memory", "failed")
    assert "--- FAIL: TestGreeting <b>" in json.dumps(data)
    failure = next(ElementTree.parse(tmp_path / "run.xml").iter("failure"))
    assert "--- FAIL: TestGreeting <b>" in failure.text
    assert not failed.changed()


def test_a_timeline_of_a_cluster(failed):
    ended = failed("timeline", "-o", "json")
    assert ended.code == 0, ended
    test = next(stage for stage in ended.json()["stages"] if stage["name"] == "source-tester")
    assert test["runs"][0]["object"]["name"] == RUN
    assert [span["phase"] for span in test["runs"][0]["spans"]] == ["waiting", "working"]


def test_a_run_that_fails_writes_its_report_and_still_fails(failed, tmp_path):
    ended = failed("wait", "--timeout", "20s", "--report", "run.html", "--report", "run.xml")
    assert ended.code == 1
    assert "error: test-failed" in ended.err
    assert "report: run.html" in ended.err
    data = data_of(tmp_path / "run.html")
    (first, *_) = [data["pool"][place] for place in data["moments"][0]["blockages"]]
    assert first["code"] == "test-failed"
    assert next(ElementTree.parse(tmp_path / "run.xml").iter("failure")).get("type") == "test-failed"


def test_a_report_that_cannot_be_written_hides_no_failure(failed):
    ended = failed("wait", "--timeout", "20s", "--report", "nowhere/run.html")
    assert ended.code == 1
    assert "error: test-failed" in ended.err
    assert "no report is written: cannot write nowhere/run.html" in ended.err
