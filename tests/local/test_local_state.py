import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from pkgops.errors import PreflightError
from pkgops.local import state
from pkgops.local.instance import MAX_INDEX


def free(_instance):
    return False


def test_a_new_instance_takes_the_lowest_free_index(tmp_path):
    assert state.create("one", free, tmp_path).index == 0
    assert state.create("two", lambda instance: instance.index < 3, tmp_path).index == 3
    assert state.create("three", free, tmp_path).index == 1


def test_it_is_found_again_and_listed(tmp_path):
    made = state.create("one", free, tmp_path)
    assert state.find("one", tmp_path) == made
    assert state.find("two", tmp_path) is None
    assert state.all_instances(tmp_path) == [made]


def test_no_free_index_is_an_error(tmp_path):
    with pytest.raises(PreflightError) as caught:
        state.create("one", lambda instance: instance.index <= MAX_INDEX, tmp_path)
    assert caught.value.slug == "no-address-range"


def test_a_broken_record_is_an_error_that_says_where(tmp_path):
    made = state.create("one", free, tmp_path)
    made.record.write_text("{")
    with pytest.raises(PreflightError) as caught:
        state.find("one", tmp_path)
    assert str(made.record) in caught.value.why
    assert state.all_instances(tmp_path) == []


def test_private_files_are_private_from_their_first_byte(tmp_path):
    before = os.umask(0)
    try:
        state.write_private(tmp_path / "key", "secret")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_the_second_waits_for_the_first_and_is_told_who_it_is(tmp_path):
    told: list[str] = []
    order: list[str] = []
    waits = threading.Event()

    def second():
        with state.lock("one", lambda pid: (told.append(pid), waits.set()), tmp_path):
            order.append("second")

    with state.lock("one", None, tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waits.wait(10)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]
    assert told == [str(os.getpid())]


def test_other_instances_do_not_wait(tmp_path):
    with state.lock("one", None, tmp_path), state.lock("two", None, tmp_path):
        pass


def test_a_killed_holder_gives_the_lock_back(tmp_path):
    script = (
        "import sys, time; from pathlib import Path; from pkgops.local import state\n"
        "with state.lock('one', None, Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    holder.kill()
    holder.wait()
    with state.lock("one", None, tmp_path):
        assert json.loads((tmp_path / "one.lock").read_text()) == os.getpid()
