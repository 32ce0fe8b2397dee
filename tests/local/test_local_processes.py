import os
import signal
import subprocess

import pytest

from pkgops.local import processes


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_known_by_id_and_start(tmp_path, sleeper):
    record = processes.save(tmp_path / "r", sleeper.pid, "mark")
    assert record == processes.load(tmp_path / "r")
    assert processes.alive(record)
    assert not processes.alive(processes.Record(record.pid, record.started + 1, "mark"))


def test_a_process_that_ended_is_not_alive_even_unreaped(tmp_path, sleeper):
    record = processes.save(tmp_path / "r", sleeper.pid, "mark")
    os.kill(sleeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not processes.alive(record)
    assert processes.save(tmp_path / "s", sleeper.pid, "mark") is None


@pytest.mark.parametrize(
    "text", ["", "{", '{"pid": 1}', '{"pid": 1, "started": 2, "fingerprint": "", "more": 1}']
)
def test_a_record_that_cannot_be_read_is_none(tmp_path, text):
    (tmp_path / "r").write_text(text)
    assert processes.load(tmp_path / "r") is None


def test_names_with_spaces_and_brackets_do_not_confuse(tmp_path):
    (tmp_path / "7").mkdir()
    fields = " ".join(str(number) for number in range(4, 53))
    (tmp_path / "7" / "stat").write_text(f"7 (a) b) c) S {fields}\n")
    assert processes.start_time(7, tmp_path) == 22
    assert processes.worked(7, tmp_path) == (14 + 15) / os.sysconf("SC_CLK_TCK")
    assert processes.worked(8, tmp_path) == 0


@pytest.mark.parametrize(("state", "threads", "started"), [("Z", 2, 22), ("Z", 1, None), ("X", 2, None)])
def test_a_process_ends_with_its_last_thread(tmp_path, state, threads, started):
    (tmp_path / "7").mkdir()
    fields = " ".join(str(threads if number == 20 else number) for number in range(4, 53))
    (tmp_path / "7" / "stat").write_text(f"7 (a) {state} {fields}\n")
    assert processes.start_time(7, tmp_path) == started


def test_stopping_asks_first_and_then_kills():
    polite = subprocess.Popen(["sleep", "60"])
    stubborn = subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], stdout=subprocess.PIPE
    )
    stubborn.stdout.readline()
    assert processes.stop({polite.pid, stubborn.pid}, grace=0.5) == set()
    assert polite.wait() == -signal.SIGTERM
    assert stubborn.wait() == -signal.SIGKILL


def test_command_lines_and_networks(sleeper):
    assert processes.command_line(os.getpid())[0]
    own = processes.PROC / "self" / "ns" / "net"
    assert os.getpid() in processes.in_network(own)
    assert processes.in_network(processes.PROC / "nonexistent") == set()
    assert processes.rss(os.getpid()) > 1_000_000
