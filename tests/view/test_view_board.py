"""The board as a picture, at three widths, in three situations."""

from __future__ import annotations

import pytest
import view_snapshots as snapshots

from pkgops.model import CauseCode, State
from pkgops.values import replace
from pkgops.view.board import PLAIN_SYMBOLS, Layout, board, several

SITUATIONS = {"running": snapshots.running, "failed": snapshots.failed, "ready": snapshots.ready}


def picture(snapshot, width, **more):
    layout = Layout(snapshots.at(34), snapshots.BEGAN, width, **more)
    return "\n".join(line for line, _ in board(snapshot, layout, ("pushed . as commit 1a2b3c4d",)))


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_board(golden, situation, width):
    shown = picture(SITUATIONS[situation](), width)
    golden(f"board-{situation}-{width}.txt", shown)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("situation", SITUATIONS)
def test_no_line_is_wider_than_the_terminal(situation, width):
    shown = picture(SITUATIONS[situation](), width)
    assert max(len(line) for line in shown.splitlines()) <= width


def test_plain_symbols_are_ascii():
    shown = picture(snapshots.failed(), 200, symbols=PLAIN_SYMBOLS)
    assert not set("✓●○✗·") & set(shown)


def test_the_failure_and_the_next_command_are_on_the_board():
    shown = picture(snapshots.failed(), 120)
    assert "exit code 1" in shown
    assert "next: pkgops logs hello-go-web2pkg --stage source-tester" in shown


def test_what_holds_a_run_up_and_no_stage_says_is_on_the_board():
    failed = snapshots.failed()
    held = replace(failed.blockages[0], state=State.WAITING, code=CauseCode.NOT_ANSWERING, cause="port 9999")
    layout = Layout(snapshots.at(34), snapshots.BEGAN, 100)
    for cause, shown in ((held, True), (replace(held, code=CauseCode.IMAGE_PULL), False)):
        lines = [line for line, _ in board(replace(failed, blockages=(cause,)), layout, ())]
        assert ("○ port 9999" in lines) is shown


def test_the_elapsed_time_of_running_work_goes_on():
    snapshot = snapshots.running()
    early, late = (
        board(snapshot, Layout(snapshots.at(seconds), snapshots.BEGAN, 80)) for seconds in (10, 70)
    )
    assert "8s" in " ".join(line for line, _ in early)
    assert "1m08s" in " ".join(line for line, _ in late)


def test_before_anything_is_known_there_are_only_notes():
    lines = board(None, Layout(snapshots.at(1), snapshots.BEGAN, 80), ("etcd ready",))
    assert [line for line, _ in lines] == ["etcd ready"]


def older(state=State.DONE, **more):
    env = snapshots.served()
    last = replace(env.stages[0].with_status(state=state, **more), still="main@sha1:" + "2bcb94da" * 5)
    return snapshots.snapshot(snapshots.ready().stages, (replace(env, stages=(last,)),))


@pytest.mark.parametrize("width", [80, 120])
def test_what_still_carries_another_commit_is_dim_and_not_done(width):
    layout = Layout(snapshots.at(90), snapshots.BEGAN, width)
    rows = [row for row in board(older(), layout) if "Serve application" in row[0]]
    assert [style for _, style in rows] == ["dim"]
    assert "still 2bcb94da" in rows[0][0]
    assert "waiting" in rows[0][0]
    assert "done" not in rows[0][0]
    assert "3s" not in rows[0][0]


def test_what_fails_with_another_commit_says_both():
    layout = Layout(snapshots.at(90), snapshots.BEGAN, 160)
    failing = older(State.FAILED, message="it crashed")
    rows = [row for row in board(failing, layout) if "Serve application" in row[0]]
    assert rows[0][0].endswith("still 2bcb94da: failed it crashed")
    assert rows[0][1] == "dim"


def test_the_end_of_a_log_and_the_keys_are_below_the_stages():
    layout = Layout(snapshots.at(34), snapshots.BEGAN, 80)
    log = ("=== RUN   TestGreeting", "\x1b[31m--- FAIL:\x1b[0m\tTestGreeting\r")
    lines = [line for line, _ in board(snapshots.running(), layout, ("saved: main.go",), log, "q quit")]
    assert lines[-4:] == [
        "  | === RUN   TestGreeting",
        "  | --- FAIL:   TestGreeting",
        "saved: main.go",
        "q quit",
    ]


def test_several_workloads_have_a_row_each_and_the_cause_of_a_failure():
    found = {"shop": snapshots.running(), "market-stall": snapshots.failed(), "kiosk": snapshots.ready()}
    lines = [line for line, _ in several(found, Layout(snapshots.at(34), snapshots.BEGAN, 100), ("pushed",))]
    assert lines[0].startswith("● shop          1a2b3c4d")
    assert "Test source" in lines[0]
    assert lines[1].startswith("✗ market-stall  1a2b3c4d")
    assert lines[2].startswith("✓ kiosk")
    assert lines[2].endswith("done")
    assert any("next: pkgops logs" in line for line in lines[3:])
    assert lines[-1] == "pushed"
