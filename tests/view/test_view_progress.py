"""Which progress is chosen where, and the live board on a real pseudo-terminal."""

from __future__ import annotations

import io
import os
import pty

import pytest
import view_snapshots as snapshots

from pkgops.model import Event
from pkgops.values import replace
from pkgops.view.lines import LineProgress
from pkgops.view.live import LiveProgress
from pkgops.view.progress import choose


class Terminal(io.StringIO):
    def isatty(self):
        return True


def now():
    return snapshots.at(34)


@pytest.mark.parametrize(
    ("mode", "terminal", "environ", "expected"),
    [
        ("auto", True, {"TERM": "xterm"}, LiveProgress),
        ("auto", True, {"TERM": "dumb"}, LineProgress),
        ("auto", True, {"TERM": "xterm", "CI": "true"}, LineProgress),
        ("auto", False, {"TERM": "xterm"}, LineProgress),
        ("plain", True, {"TERM": "xterm"}, LineProgress),
        ("json", True, {"TERM": "xterm"}, LineProgress),
        ("live", False, {}, LiveProgress),
    ],
)
def test_the_choice(mode, terminal, environ, expected):
    stream = Terminal() if terminal else io.StringIO()
    assert type(choose(mode, stream, environ, now)) is expected


def drawn(colour=True):
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        progress = LiveProgress(stream, now, colour=colour)
        progress.event(Event(time=now(), type="target", message="cluster: context team"))
        progress.snapshot(snapshots.running())
        progress.event(Event(time=now(), type="note", message="pushed"))
        progress.close()
    chunks = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks += chunk
    os.close(leader)
    return chunks.decode()


def test_the_board_is_drawn_and_left_behind(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    shown = drawn()
    assert shown.startswith("cluster: context team")
    assert "Test source" in shown
    assert "pushed" in shown
    # The cursor that was hidden while drawing is given back.
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l")


def test_no_color_takes_the_colour_and_keeps_the_board(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    shown = drawn(colour=False)
    assert "\x1b[32m" not in shown
    assert "Test source" in shown


def picture(progress):
    console = progress.console
    return "".join(segment.text for segment in console.render(progress, console.options.update_width(100)))


def test_each_commit_is_timed_anew_and_the_time_stands_still_at_its_end():
    moments = iter([*map(snapshots.at, (0, 34, 90, 95))])
    progress = LiveProgress(io.StringIO(), lambda: next(moments))
    progress.snapshot(snapshots.running())
    assert "34s" in picture(progress).splitlines()[0]
    newer = replace(snapshots.running(), revision="main@sha1:" + "9" * 40, taken_at=snapshots.at(60))
    progress.snapshot(newer)
    assert "30s" in picture(progress).splitlines()[0]
    progress.event(Event(time=snapshots.at(70), type="done", message="it answers"))
    assert "10s" in picture(progress).splitlines()[0]
    progress.close()


def test_the_log_and_the_keys_are_of_the_moment():
    progress = LiveProgress(io.StringIO(), now)
    progress.hint("q quit")
    progress.log_end(["=== RUN   TestGreeting"])
    progress.snapshot(snapshots.running())
    assert picture(progress).rstrip().endswith("| === RUN   TestGreeting\nq quit")
    progress.log_end([])
    assert "=== RUN" not in picture(progress)
    progress.close()


def test_several_workloads_share_one_board():
    progress = LiveProgress(io.StringIO(), now)
    shop, stall = progress.of("shop"), progress.of("stall")
    shop.snapshot(snapshots.running())
    stall.snapshot(snapshots.ready())
    stall.event(Event(time=now(), type="note", message="pushed"))
    rows = picture(progress).splitlines()
    assert ["shop" in rows[0], "stall" in rows[1]] == [True, True]
    assert "stall: pushed" in rows[-1]
    shop.close()
    assert progress.live is not None
    progress.close()
