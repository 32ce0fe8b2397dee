"""``pkgops report`` and ``pkgops timeline`` of a recording, as a person runs them."""

from __future__ import annotations

import json
import stat

import pytest
from shared_traces import TRACES, lines

from pkgops.cli import boundary
from pkgops.cli.app import app

RECORDING = str(TRACES / "second-run.jsonl.gz")


def test_a_report_of_a_recording_is_one_file_for_its_owner(tmp_path, capsys):
    page, xml = tmp_path / "run.html", tmp_path / "run.xml"
    assert boundary.run(app, ["report", RECORDING, "-o", str(page), "--junit", str(xml)]) == 0
    assert "moments" in capsys.readouterr().out
    assert page.read_text().startswith("<!doctype html>")
    assert xml.read_text().startswith("<?xml")
    assert stat.S_IMODE(page.stat().st_mode) == 0o600


def test_no_secret_of_a_recording_comes_into_the_report(tmp_path):
    recording, page = tmp_path / "run.jsonl", tmp_path / "run.html"
    kept = []
    for line in lines("second-run")[:120]:
        text = json.dumps(line)
        kept.append(text.replace("stored artifact for", "https://me:hunter2@git.example.com stored for"))
    recording.write_text("\n".join(kept))
    assert boundary.run(app, ["report", str(recording), "-o", str(page)]) == 0
    text = page.read_text()
    assert "git.example.com" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    ("argv", "slug"),
    [
        (["report", "./nowhere.jsonl"], "recording-unreadable"),
        (["timeline", "./nowhere.jsonl"], "recording-unreadable"),
        (["report", RECORDING, "-o", "/nowhere/run.html"], "report-file"),
        (["timeline", RECORDING, "--workload", "nope"], "unknown-workload"),
        (["timeline", "hello", "--at", "5"], "no-recording"),
    ],
)
def test_mistakes_are_told(argv, slug, capsys):
    assert boundary.run(app, argv) == 2
    assert capsys.readouterr().err.startswith(f"error: {slug}\n")


def test_a_timeline_of_a_recording(capsys):
    assert boundary.run(app, ["timeline", RECORDING, "--at", "130"]) == 0
    assert "Test source" in capsys.readouterr().out
    assert boundary.run(app, ["timeline", RECORDING, "--at", "130", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "Timeline"
