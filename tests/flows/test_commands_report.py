"""``report``, ``timeline`` and ``--report`` of what a cluster holds at a moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from itertools import islice
from xml.etree import ElementTree

import pytest
from shared_traces import lines

pytestmark = pytest.mark.slow

UI = ("ui", "--no-open", "--context", "memory")
RUN = "hello-go-web2pkg-test-golang-j5ffx"


@pytest.fixture
def failed(commands):
    """A cluster on which the newest commit's test has failed."""
    commands.play("fifth-run", 21.0)
    commands.api.logs[("default", f"{RUN}-pod", "step-test")] = "ok one\n--- FAIL: TestGreeting <b>\n"
    return commands


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
    (cause,) = [one for one in data["pool"] if one.get("code") == "test-failed"]
    words = "hello-go-web2pkg --stage source-tester --context memory"
    assert (cause["next"], cause["again"]) == (f"pkgops logs {words}", f"pkgops rerun {words}")
    assert not failed.changed()


def test_a_report_of_a_cluster_has_logs_provenance_and_history(failed, tmp_path):
    failed.api.logs["default", f"{RUN}-pod", "prepare"] = "from https://me:hunter2@git.example.com/x\n"
    failed("report", "-o", "run.html")
    data = data_of(tmp_path / "run.html")
    (moment,) = data["moments"]
    shown = {part: [data["pool"][place] for place in moment[part]] for part in ("logs", "trace", "history")}
    ends = {one["name"]: one for one in shown["logs"] if one["pod"] == f"{RUN}-pod"}
    assert ends["step-test"]["lines"] == ["ok one", "--- FAIL: TestGreeting <b>"]
    assert ends["prepare"]["lines"] == ["from https://(hidden)@git.example.com/x"]
    assert ends["place-scripts"]["unknown"] == "the pod or its log is gone"
    assert [one["name"] for one in shown["history"]] == ["apps-dev", "apps-prod"]
    assert [one["environment"] for one in shown["trace"]] == ["apps-dev", "apps-prod"]
    assert moment["unknown"] == {}


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


def test_ui_follows_until_it_is_interrupted(failed, tmp_path):
    """The page has the failure; after the repair, its events have that."""
    path = failed.api.kubeconfig(tmp_path / "ui.kubeconfig", user="admin")
    begun = subprocess.Popen(
        [sys.executable, "-c", "from pkgops.cli.main import main; main()", *UI],
        env={**os.environ, "KUBECONFIG": str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        address = begun.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:"), begun.stderr.read()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        with browser.open(address, timeout=30) as page:
            text = page.read().decode()
            assert "test-failed" in text
            assert "pkgops logs hello-go-web2pkg --stage source-tester --context memory" in text
        with browser.open(address + "events", timeout=60) as events:
            assert "test-failed" in events.readline().decode()
            failed.api.play(line for line in lines("fifth-run") if 21.0 < line["t"] <= 62.0)
            # A beat tells that nothing came: so the lines end, whatever is told.
            told = (json.loads(line[6:]) for line in islice(events, 40) if line.startswith(b"data: "))
            assert any("66c5e01b" in data["moments"][0]["revision"] for data in told)
    finally:
        begun.send_signal(signal.SIGINT)
        out, err = begun.communicate(timeout=60)
    assert begun.returncode == 0
    assert "the page is no longer served" in err
    assert "error:" not in err
    assert "Traceback" not in err
    assert out == ""


def test_ui_of_a_port_that_is_taken(failed):
    port = failed.api.url.rpartition(":")[2].rstrip("/")
    ended = failed("ui", "--no-open", "--port", port)
    assert ended.code == 2
    assert "error: port-taken" in ended.err
