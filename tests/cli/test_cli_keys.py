"""Keys are read one by one from a real pseudo-terminal, which is given back as it was."""

from __future__ import annotations

import io
import os
import pty
import queue
import sys
import termios

import pytest

from pkgops.cli.keys import Keys

PATIENCE = 60.0


@pytest.fixture
def terminal(monkeypatch):
    """The keyboard of a terminal that is standard input."""
    keyboard, screen = pty.openpty()
    with os.fdopen(screen, "r", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield keyboard
    os.close(keyboard)


def test_each_key_is_told_at_once_and_the_terminal_given_back(terminal):
    before = termios.tcgetattr(sys.stdin)
    told = queue.SimpleQueue()
    with Keys(told.put):
        for key in "rq":
            os.write(terminal, key.encode())
            assert told.get(timeout=PATIENCE) == key
        assert not termios.tcgetattr(sys.stdin)[3] & termios.ICANON
        assert termios.tcgetattr(sys.stdin)[3] & termios.ISIG, "Ctrl-C stays what it is"
    assert termios.tcgetattr(sys.stdin) == before


def test_the_terminal_of_another_command_is_left_alone(terminal, monkeypatch):
    monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
    before = termios.tcgetattr(sys.stdin)
    with Keys(lambda _: None):
        assert termios.tcgetattr(sys.stdin) == before


def test_without_a_terminal_there_are_no_keys(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("q"))
    told = []
    with Keys(told.append):
        pass
    assert told == []
