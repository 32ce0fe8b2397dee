"""A running platform turns slow, group by group, and quick again."""

from __future__ import annotations

import json
import os

import pytest

from pkgops.platform.controller import Controller
from pkgops.platform.delays import FILE, Delays
from pkgops.platform.queue import Key


def write(path, text, second):
    path.write_text(text)
    os.utime(path, (second, second))


def test_without_a_file_nobody_waits(tmp_path):
    assert Delays(tmp_path / FILE).of("carto.run") == 0


def test_each_group_has_its_own_delay_and_the_file_is_read_anew(tmp_path):
    path = tmp_path / FILE
    delays = Delays(path)
    write(path, json.dumps({"carto.run": 1.5, "*": 1}), 1)
    assert (delays.of("carto.run"), delays.of("kpack.io")) == (1.5, 1)
    write(path, json.dumps({"kpack.io": 2}), 2)
    assert (delays.of("carto.run"), delays.of("kpack.io")) == (0, 2)
    path.unlink()
    assert delays.of("kpack.io") == 0


@pytest.mark.parametrize("text", ["", "[]", '{"carto.run": "soon"}', "{"])
def test_a_file_that_is_not_understood_delays_nobody(tmp_path, text):
    path = tmp_path / FILE
    write(path, text, 1)
    assert Delays(path).of("carto.run") == 0


def test_a_controller_waits_before_it_looks_at_a_change():
    now, delay = [0.0], [1.5]
    worked = []
    controller = Controller("c", worked.append, clock=lambda: now[0], delay=lambda: delay[0])
    controller.enqueue(Key("a", "b"))
    assert controller._queue._next() == (None, 1.5)
    delay[0] = 0.0
    controller.enqueue(Key("a", "b"))
    assert controller._queue._next() == (Key("a", "b"), None)
