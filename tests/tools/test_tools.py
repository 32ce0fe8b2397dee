import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import pytest

from pkgops import tools
from pkgops.errors import DeadlineError, Exit


def test_output_and_status_are_returned():
    done = tools.run("sh", "-c", "cat; echo aside >&2; exit 3", stdin="given", ok=(3,))
    assert (done.stdout, done.stderr, done.status) == ("given", "aside\n", 3)


def test_an_unexpected_status_carries_the_end_of_stderr():
    script = "seq 1 100 >&2; exit 4"
    with pytest.raises(tools.ToolFailed) as caught:
        tools.run("sh", "-c", script)
    assert caught.value.status == 4
    assert caught.value.why.splitlines() == [str(number) for number in range(86, 101)]


def test_stdout_explains_a_failure_that_says_nothing_on_stderr():
    with pytest.raises(tools.ToolFailed) as caught:
        tools.run("sh", "-c", "echo it is broken; exit 1")
    assert caught.value.why == "it is broken"


def test_the_deadline_ends_a_program():
    with pytest.raises(DeadlineError):
        tools.run("sleep", "30", deadline=0.2)


def test_a_process_that_a_program_leaves_behind_keeps_nobody_waiting():
    done = tools.run("sh", "-c", "sleep 30 & echo $!", deadline=20)
    os.kill(int(done.stdout), signal.SIGKILL)


def test_what_is_written_to_a_name_of_an_output_replaces_nothing():
    done = tools.run("sh", "-c", "echo one; echo two > /dev/stdout; echo a >&2; echo b > /dev/stderr")
    assert (done.stdout, done.stderr) == ("one\ntwo\n", "a\nb\n")


def test_much_input_and_output_at_once():
    text = "line\n" * 200_000
    assert tools.run("cat", stdin=text).stdout == text
    # It ends before it has read all.
    assert tools.run("head", "-1", stdin=text).stdout == "line\n"


def test_input_that_nobody_reads_is_given_up_at_the_deadline():
    with pytest.raises(DeadlineError):
        tools.run("sleep", "30", stdin="x" * 1_000_000, deadline=0.2)


def test_a_program_that_cannot_be_run_is_told(tmp_path):
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF of another machine")
    program.chmod(0o755)
    with pytest.raises(tools.ToolFailed) as caught:
        tools.run(str(program))
    assert caught.value.why == "cannot be run: Exec format error"


def test_what_is_shown_goes_to_the_terminal_and_is_not_returned(capfd):
    done = tools.run("sh", "-c", "echo prompt >&2; echo answer", shown=True)
    assert (done.stdout, done.stderr) == ("answer\n", "")
    assert capfd.readouterr().err == "prompt\n"


def test_a_missing_program_is_named():
    with pytest.raises(tools.ToolMissing) as caught:
        tools.run("no-such-program-here")
    assert "no-such-program-here" in caught.value.what
    assert caught.value.exit_code == Exit.UNREACHABLE


def test_files_are_streamed_in_and_out():
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken:
        given.write(os.urandom(300_000))
        given.seek(0)
        tools.run("cat", stdin=given, stdout=taken)
        given.seek(0)
        taken.seek(0)
        assert taken.read() == given.read()


def test_the_environment_is_whole(monkeypatch):
    monkeypatch.setenv("LEAKED", "yes")
    assert tools.run("env", env={"ONLY": "this"}).stdout == "ONLY=this\n"


def test_lines_are_handed_over_as_they_come():
    lines: list[str] = []
    tools.follow("sh", "-c", "echo one; echo two >&2", on_line=lines.append)
    assert sorted(lines) == ["one", "two"]


def test_a_followed_program_that_fails_carries_its_lines():
    with pytest.raises(tools.ToolFailed) as caught:
        tools.follow("sh", "-c", "echo first; echo last; exit 1", on_line=lambda _: None)
    assert caught.value.why == "first\nlast"


def test_a_followed_program_has_a_deadline():
    with pytest.raises(DeadlineError):
        tools.follow("sleep", "30", on_line=lambda _: None, deadline=0.2)


def test_a_spawned_program_has_its_own_session_and_log(tmp_path):
    log = tmp_path / "log"
    pid = tools.spawn(["sh", "-c", "echo $0 $1; exec sleep 30", "hello", "there"], log=log)
    try:
        assert os.getsid(pid) == pid
        assert _soon(lambda: log.read_text() == "hello there\n")
    finally:
        os.kill(pid, signal.SIGKILL)


def test_a_spawned_program_inherits_what_is_kept(tmp_path):
    log = tmp_path / "log"
    with socket.create_server(("127.0.0.1", 0)) as kept:
        number = kept.fileno()
        pid = tools.spawn(["sh", "-c", f"readlink /proc/self/fd/{number}"], log=log, keep=[kept])
    assert pid
    assert _soon(lambda: log.read_text().startswith("socket:"))


def _soon(check, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.01)
    return False


def test_root_programs_are_found_without_them_on_the_path(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    assert tools.find("sh") in (Path("/usr/bin/sh"), Path("/bin/sh"))
