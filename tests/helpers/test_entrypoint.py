"""The program that orders a TaskRun's steps, compiled and run."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from go_programs import compiled

SOURCE = "entrypoint"


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    return compiled(SOURCE, tmp_path_factory.mktemp("bin"))


class Step:
    """One step in a folder of its own: what it leaves, and where."""

    def __init__(self, program: Path, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.post = folder / "run" / "0" / "out"
        self.status = folder / "run" / "0" / "status"
        self.message = folder / "termination"

    def argv(self, *command: str, flags: tuple[str, ...] = ()) -> list[str]:
        entrypoint, *arguments = command
        return [
            str(self.program),
            *("-post_file", str(self.post), "-termination_path", str(self.message)),
            *("-step_metadata_dir", str(self.status), *flags),
            *("-entrypoint", entrypoint, "--", *arguments),
        ]

    def run(self, *command: str, flags: tuple[str, ...] = (), env: dict[str, str] | None = None):
        return subprocess.run(
            self.argv(*command, flags=flags),
            capture_output=True,
            text=True,
            timeout=30,
            env=env or dict(os.environ),
        )

    def entries(self) -> list[dict[str, object]]:
        return json.loads(self.message.read_text())

    def internal(self, key: str) -> str | None:
        return next((str(entry["value"]) for entry in self.entries() if entry["key"] == key), None)


@pytest.fixture
def step(program, tmp_path):
    return Step(program, tmp_path)


def test_a_step_that_works(step):
    done = step.run("sh", "-c", "echo out; echo err >&2")
    assert (done.returncode, done.stdout, done.stderr) == (0, "out\n", "err\n")
    assert step.post.exists()
    assert (step.status / "exitCode").read_text() == "0"
    assert [(entry["key"], entry["type"]) for entry in step.entries()] == [("StartedAt", 3)]


def test_a_failure_is_passed_on_and_marked_for_the_next_step(step):
    assert step.run("sh", "-c", "exit 3").returncode == 3
    assert not step.post.exists()
    assert Path(f"{step.post}.err").exists()
    assert (step.status / "exitCode").read_text() == "3"


def test_a_step_after_a_failure_does_not_run(step, tmp_path):
    Path(tmp_path / "before.err").touch()
    done = step.run("touch", str(tmp_path / "ran"), flags=("-wait_file", str(tmp_path / "before")))
    assert done.returncode == 1
    assert not (tmp_path / "ran").exists()
    assert step.internal("Reason") == "Skipped"
    assert Path(f"{step.post}.err").exists()


def test_a_step_waits_for_the_one_before(step, tmp_path):
    before = tmp_path / "before"
    running = subprocess.Popen(step.argv("touch", str(tmp_path / "ran"), flags=("-wait_file", str(before))))
    time.sleep(0.1)
    assert running.poll() is None
    assert not (tmp_path / "ran").exists()
    before.touch()
    assert running.wait(10) == 0
    assert (tmp_path / "ran").exists()


def test_a_step_may_go_on(step):
    assert step.run("sh", "-c", "exit 7", flags=("-on_error", "continue")).returncode == 0
    assert step.post.exists()
    assert step.internal("ExitCode") == "7"
    assert (step.status / "exitCode").read_text() == "7"


def test_a_program_that_is_not_there_is_a_failure_even_where_steps_may_go_on(step):
    done = step.run("no-such-program", flags=("-on_error", "continue"))
    assert done.returncode == 1
    assert "no-such-program" in done.stderr
    assert Path(f"{step.post}.err").exists()


def test_a_step_that_takes_too_long_is_ended_with_all_it_started(step, tmp_path):
    script = f"sleep 60 & echo $! > {tmp_path}/pid; wait"
    done = step.run("sh", "-c", script, flags=("-timeout", "300ms"))
    assert done.returncode == 1
    assert step.internal("Reason") == "TimeoutExceeded"
    pid, patience = int((tmp_path / "pid").read_text()), time.monotonic() + 20
    # A process that was killed still has to be scheduled once before it is gone.
    while is_alive(pid):
        assert time.monotonic() < patience
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_signals_reach_the_program(step, tmp_path):
    trap = f"trap 'echo got > {tmp_path}/signal; exit 5' TERM"
    script = f"{trap}; touch {tmp_path}/ready; while :; do sleep 0.05; done"
    running = subprocess.Popen(step.argv("sh", "-c", script))
    while not (tmp_path / "ready").exists():
        time.sleep(0.01)
    running.send_signal(signal.SIGTERM)
    assert running.wait(10) == 5
    assert (tmp_path / "signal").read_text() == "got\n"


def test_a_program_that_a_signal_ends_has_the_code_that_a_shell_gives(step):
    assert step.run("sh", "-c", "kill -9 $$").returncode == 137


def test_step_results_are_in_the_message(step):
    script = f"printf 'a\\nb' > {step.status}/results/one"
    assert step.run("sh", "-c", script, flags=("-step_results", "one,never")).returncode == 0
    assert {"key": "one", "value": "a\nb", "type": 4} in step.entries()
    assert step.internal("never") is None


def test_a_message_that_is_too_large_is_a_failure_that_says_so(step):
    script = f"head -c 5000 /dev/zero | tr '\\0' x > {step.status}/results/big"
    done = step.run("sh", "-c", script, flags=("-step_results", "big"))
    assert done.returncode == 1
    assert "above max allowed size 4096" in done.stderr
    assert len(step.message.read_bytes()) < 4096
    assert Path(f"{step.post}.err").exists()


def test_no_command_is_a_failure(step):
    assert "no command to run" in step.run("").stderr


def test_scripts_are_placed_as_programs(program, tmp_path):
    path = tmp_path / "script"
    text = "#!/bin/sh\necho \"$HOME\" 'x' \\ $(id)\n"
    encoded = base64.b64encode(text.encode()).decode()
    subprocess.run([program, "place-scripts", str(path), encoded], check=True)
    assert path.read_text() == text
    assert path.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    "arguments", [["place-scripts", "x"], ["place-scripts", "/x", "!"], ["init", "x"], ["-nope"]]
)
def test_wrong_use_is_told(program, arguments):
    done = subprocess.run([program, *arguments], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip()


def test_working_directories_are_made(program, tmp_path):
    subprocess.run([program, "workingdirinit", str(tmp_path / "a" / "b"), str(tmp_path)], check=True)
    assert (tmp_path / "a" / "b").is_dir()


def test_a_missing_secret_does_not_stop_the_step(step):
    done = step.run("true", flags=("-docker-config=none",))
    assert done.returncode == 0
    assert "credentials" in done.stderr


@pytest.mark.parametrize("code", [0, 3])
def test_a_sidecar_whose_program_has_ended_stays_until_it_is_told_to_end(program, tmp_path, code):
    done = tmp_path / "done"
    argv = [str(program), "-stay", "-entrypoint", "sh", "--", "-c", f"touch {done}; exit {code}"]
    process = subprocess.Popen(argv)
    while not done.exists():
        time.sleep(0.01)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.3)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == code


def test_a_sidecar_that_is_told_to_end_tells_its_program_and_ends_with_it(program, tmp_path):
    ready = tmp_path / "ready"
    script = f"trap 'exit 5' TERM; touch {ready}; while :; do sleep 0.01; done"
    process = subprocess.Popen([str(program), "-stay", "-entrypoint", "sh", "--", "-c", script])
    while not ready.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 5


@pytest.fixture
def earlier(step, tmp_path):
    """A step whose earlier one has left a text, an array and an object; called with words, it says them."""
    folder = tmp_path / "steps" / "step-one" / "results"
    folder.mkdir(parents=True)
    (folder / "text").write_text("a b")
    (folder / "list").write_text('["x","y z"]')
    (folder / "map").write_text('{"k":"v"}')

    def say(*words, env=""):
        flags = ("-steps_dir", str(tmp_path / "steps"))
        script = 'for word; do echo "<$word>"; done; echo "$E"'
        return step.run(
            "sh", "-c", script, "sh", *words, flags=flags, env={"PATH": os.environ["PATH"], "E": env}
        )

    return say


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("x-$(steps.one.results.text)", ["<x-a b>"]),
        ("$(steps.one.results.list[*])", ["<x>", "<y z>"]),
        ("$(steps.one.results.list[1])", ["<y z>"]),
        ("$(steps.one.results.map.k)/$(steps.one.results.text)", ["<v/a b>"]),
        ("$(steps.one.outputs.text)", ["<$(steps.one.outputs.text)>"]),
    ],
)
def test_results_of_earlier_steps_reach_arguments(earlier, word, said):
    assert earlier(word).stdout.splitlines()[:-1] == said


def test_results_of_earlier_steps_reach_the_environment(earlier):
    assert earlier(env="is $(steps.one.results.text)").stdout.splitlines() == ["is a b"]
    assert earlier(env="all: $(steps.one.results.list[*])").stdout.splitlines() == ["all: "]


@pytest.mark.parametrize(
    "word",
    [
        "$(steps.one.results.ghost)",
        "x$(steps.one.results.list[*])",
        "$(steps.one.results.list[2])",
        "$(steps.one.results.text.k)",
    ],
)
def test_a_result_that_cannot_be_read_is_told_and_leaves_everything_as_it_is(earlier, word):
    done = earlier(word, env="$(steps.one.results.text)")
    assert done.stdout.splitlines() == [f"<{word}>", "$(steps.one.results.text)"]
    assert done.stderr.startswith("Error while substituting step results:")


def condition(given, operator, *values):
    return {"input": given, "operator": operator, "values": list(values)}


@pytest.mark.parametrize(
    ("when", "runs"),
    [
        ([condition("a", "in", "a", "b")], True),
        ([condition("c", "in", "a", "b")], False),
        ([condition("c", "notin", "a", "b")], True),
        ([condition("a", "notin", "a", "b")], False),
        ([condition("a", "in", "a"), condition("c", "in", "a")], False),
        ([condition("$(steps.one.results.text)", "in", "a b")], True),
        ([condition("y z", "in", "$(steps.one.results.list[*])")], True),
        ([condition("q", "in", "$(steps.one.results.list[*])")], False),
        ([condition("v", "in", "$(steps.one.results.map.k)")], True),
    ],
)
def test_a_step_runs_only_if_its_conditions_hold(earlier, step, tmp_path, when, runs):
    flags = ("-steps_dir", str(tmp_path / "steps"), "-when_expressions", json.dumps(when))
    done = step.run("sh", "-c", "exit 3", flags=flags)
    assert done.returncode == (3 if runs else 0)
    assert step.internal("Reason") == (None if runs else "Skipped")
    assert ("Step was skipped due to when expressions" in done.stderr) is not runs
    if not runs:
        assert step.post.exists()
        assert (step.status / "exitCode").read_text() == "0"
