"""`pkgops dev`: saves answer; one that fails its test shows its lines, and the version before answers on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pipeline_kit import PROGRAM, SAMPLE, eventually, pkgops

from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster


class Developing:
    """A folder that `pkgops dev` follows, and what that told so far."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], told: Path, keyboard: int) -> None:
        self.folder = folder
        self.process = process
        self.keyboard = keyboard
        self.told = told
        self._read = 0

    def save(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        file.write_text(file.read_text().replace(old, new))

    def next(self, type: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Return the next event of a type, and those from the last one on."""
        seen: list[dict[str, Any]] = []

        def found() -> bool:
            assert self.process.poll() is None, self.told.read_text()[-5000:]
            lines = self.told.read_text().splitlines(keepends=True)[self._read :]
            for line in (line for line in lines if line.endswith("\n")):
                self._read += 1
                seen.append(json.loads(line))
                if seen[-1]["type"] == type:
                    return True
            return False

        eventually(found, f"an event {type}")
        return seen[-1], seen[:-1]

    def asked(self) -> str:
        ran = pkgops("open", "in-work", "--curl")
        assert ran.code == 0, ran
        return ran.out


@pytest.fixture(scope="module")
def developing(instance: LocalCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Developing]:
    assert pkgops("clean", "--yes").code == 0
    scratch = tmp_path_factory.mktemp("dev")
    folder = Path(shutil.copytree(SAMPLE, scratch / "In Work"))
    (folder / ".gitignore").write_text("*.log\n")
    told = scratch / "told"
    keyboard, terminal = os.openpty()
    with told.open("wb") as file:
        words = [str(PROGRAM), "dev", str(folder), "--progress", "json"]
        process = subprocess.Popen(words, stdin=terminal, stdout=subprocess.DEVNULL, stderr=file, cwd=scratch)
    try:
        yield Developing(folder, process, told, keyboard)
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
        os.close(terminal)
        pkgops("clean", "--yes")


def test_a_folder_answers_under_its_own_name(developing: Developing) -> None:
    answered, _ = developing.next("done")
    assert "in-work " in answered["message"]
    assert "answers in apps-dev: HTTP 200" in answered["message"]


def test_a_save_answers_and_an_ignored_file_is_no_save(developing: Developing) -> None:
    (developing.folder / "noise.log").write_text("nobody builds this\n")
    for name in ("main.go", "main_test.go"):
        developing.save(name, "Hello, ", "Good day, ")
    answered, before = developing.next("done")
    assert [one["message"] for one in before if "saved: " in one["message"]] == [
        "saved: main.go, main_test.go"
    ]
    assert answered["data"]["status"] == 200
    assert developing.asked().startswith("Good day, ")


def test_a_save_that_fails_its_test_shows_its_lines_and_the_version_before_answers(
    developing: Developing,
) -> None:
    developing.save("main.go", "Good day, ", "Goodbye, ")
    failed, _ = developing.next("failed")
    assert "FAIL" in failed["data"]["why"]
    assert "Goodbye" in failed["data"]["why"]
    told, _ = developing.next("note")
    assert told["message"].startswith("the previous version continues to run: in-work ")
    assert developing.asked().startswith("Good day, ")


def test_the_save_that_mends_it_answers(developing: Developing) -> None:
    developing.save("main_test.go", "Good day, ", "Goodbye, ")
    developing.next("done")
    assert developing.asked().startswith("Goodbye, ")


def test_without_tests_a_save_answers_untested_and_overtakes_the_one_before(developing: Developing) -> None:
    os.write(developing.keyboard, b"t")
    eventually(lambda: "not tested from now on" in developing.told.read_text(), "tests are off")
    developing.save("main.go", "Goodbye, ", "Welcome, ")
    _, before = developing.next("stage")
    developing.save("main.go", "Welcome, ", "Welcome back, ")
    answered, between = developing.next("done")
    assert any("supersedes" in one["message"] for one in [*before, *between])
    assert developing.asked().startswith("Welcome back, ")
    assert answered["data"]["status"] == 200


def test_a_key_ends_it_and_what_answers_is_left(developing: Developing) -> None:
    os.write(developing.keyboard, b"q")
    # What is typed before the question is asked is a key, and no answer.
    eventually(lambda: "Leave" in developing.told.read_text(), "what to leave is asked")
    os.write(developing.keyboard, b"e\n")
    assert developing.process.wait(60) == 0
    assert developing.asked().startswith("Welcome back, ")


def test_up_that_watches_brings_a_save_too(instance: LocalCluster, tmp_path: Path) -> None:
    # The tests before left a chain without a test, to which one is added while it runs.
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "In Work"))
    told = tmp_path / "told"
    keyboard, terminal = os.openpty()
    words = [str(PROGRAM), "up", "--watch", "--source", str(folder), "--progress", "json"]
    with told.open("wb") as file:
        process = subprocess.Popen(
            words, stdin=terminal, stdout=subprocess.DEVNULL, stderr=file, cwd=tmp_path
        )
    try:
        watching = Developing(folder, process, told, keyboard)
        watching.next("done")
        for name in ("main.go", "main_test.go"):
            watching.save(name, "Hello, ", "Watched, ")
        watching.next("done")
        assert watching.asked().startswith("Watched, ")
    finally:
        process.kill()
        process.wait()
        os.close(keyboard)
        os.close(terminal)
        pkgops("clean", "in-work", "--yes")
