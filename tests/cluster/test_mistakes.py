"""Ordinary mistakes in a folder: `pkgops init && pkgops up` ends with what is wrong, and what to do next."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipeline_kit import SAMPLE, pkgops

from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster

EXAMPLES = SAMPLE.parent


@dataclass(frozen=True)
class Mistake:
    """A sample application, what a person gets wrong in it, and what must be said of that.

    ``ends`` is the exit code; ``words`` gives up early what would be waited for.
    """

    sample: str
    make: Callable[[Path], object]
    said: tuple[str, ...]
    ends: int = 1
    words: tuple[str, ...] = ()


def replaced(name: str, old: str, new: str) -> Callable[[Path], object]:
    """Replace a text in a file."""

    def make(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return make


def without_start(folder: Path) -> None:
    """Name a main file that is not there, and leave nothing else that says how it is started."""
    package = json.loads((folder / "package.json").read_text())
    del package["scripts"]["start"]
    package["main"] = "dist/server.js"
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "server.js").rename(folder / "shop.js")


MISTAKES = {
    "another-port": Mistake(
        "hello-go",
        replaced("main.go", 'os.Getenv("PORT")', '"9999"'),
        (
            "held up: pod/",
            "nothing answers on its port 8080",
            "listening on port 9999",
            "set workload.containerPort to 9999",
        ),
        ends=4,
        words=("--timeout", "90s"),
    ),
    "a-requirement-that-is-missing": Mistake(
        "hello-python", replaced("requirements.txt", "flask>=3,<4\n", ""), ("No module named 'flask'",)
    ),
    "nothing-that-python-starts": Mistake(
        "hello-python",
        lambda folder: [
            (folder / "app.py").rename(folder / "shop.py"),
            replaced("test_app.py", "from app import", "from shop import")(folder),
        ],
        ("cannot tell how to start this application", "add a Procfile"),
    ),
    "a-test-that-node-cannot-read": Mistake(
        "hello-nodejs", replaced("greeting.test.js", "test('the", "test('the' 'the"), ("SyntaxError",)
    ),
    "no-start-script": Mistake(
        "hello-nodejs",
        without_start,
        ("cannot tell how to start this application", 'add a script "start" to package.json'),
    ),
    "java-that-does-not-compile": Mistake(
        "hello-java",
        replaced("src/main/java/hello/Main.java", 'return "Hello, "', "return Hello"),
        ("the test of commit", "COMPILATION ERROR", "cannot find symbol", "Main.java"),
    ),
    "a-test-that-fails-in-java": Mistake(
        "hello-java",
        replaced("src/main/java/hello/Main.java", '"Hello, "', '"Goodbye, "'),
        ("the test of commit", "expected: <Hello, ", "Failures: "),
    ),
    "a-jar-without-a-main-class": Mistake(
        "hello-java",
        replaced("pom.xml", "<mainClass>hello.Main</mainClass>", ""),
        ("cannot tell how to start this application", "no main class", "add a Procfile"),
    ),
    "an-empty-page": Mistake(
        "hello-static", lambda folder: (folder / "index.html").write_text(""), ("index.html",)
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_up_says_what_is_wrong_and_what_to_do(instance: LocalCluster, tmp_path: Path, name: str) -> None:
    mistake = MISTAKES[name]
    without = shutil.ignore_patterns("pkgops.yaml")
    folder = Path(shutil.copytree(EXAMPLES / mistake.sample, tmp_path / name, ignore=without))
    mistake.make(folder)
    assert pkgops("init", cwd=folder).code == 0
    ran = pkgops("up", "--progress", "plain", *mistake.words, cwd=folder)
    try:
        assert ran.code == mistake.ends, str(ran)
        for words in mistake.said:
            assert words in ran.err, str(ran)
        assert "\nnext: " in ran.err, str(ran)
    finally:
        pkgops("clean", name, "--yes", cwd=folder)
