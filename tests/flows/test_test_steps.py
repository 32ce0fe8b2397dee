"""The steps that test a source, run here: which language they find, what they install and keep."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from steps_kit import run_step, tasks

from pkgops.flows import project
from pkgops.local.images.cnb import BUILDPACKS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("language", project.LANGUAGES, ids=lambda one: one.name)
def test_auto_finds_the_language_that_a_folder_is_taken_for_here(
    tmp_path: Path, language: project.Language
) -> None:
    source = tmp_path / "source" / "part"
    source.mkdir(parents=True)
    detect = tasks(tmp_path)["test-auto"]["spec"]["steps"][0]
    code, said = run_step(detect, tmp_path, tmp_path / "source", "part")
    assert code == 1
    assert "no language was found; looked for go.mod" in said
    # Every file that a later language is known by is there as well.
    later = project.LANGUAGES[project.LANGUAGES.index(language) :]
    for marker in (file for one in later for file in one.files):
        (source / marker).write_text("")
    code, said = run_step(detect, tmp_path, tmp_path / "source", "part")
    if language.tested:
        assert (code, (tmp_path / "language").read_text()) == (0, f"{language.name}\n")
    else:
        assert code == 1
        assert f"no image tests {language.name}" in said


def test_auto_runs_the_test_of_that_language_alone(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Procfile").write_text("web: x\ntest: echo tested\n")
    steps = tasks(tmp_path)["test-auto"]["spec"]["steps"]
    said = {step["name"]: run_step(step, tmp_path, source) for step in steps}
    assert said.pop("detect") == (0, "any, by Procfile\n")
    assert said.pop("test-any") == (0, "tested\n")
    assert set(said.values()) == {(0, "")}


def test_no_step_makes_its_pod_wait_for_a_container_that_places_scripts(tmp_path: Path) -> None:
    for name, task in tasks(tmp_path).items():
        for step in task["spec"]["steps"]:
            assert "script" not in step, name
            names = [entry["name"] for entry in step["env"]]
            for word in step["args"]:
                # What Kubernetes itself would replace in an argument.
                assert "$$" not in word, name
                assert not [one for one in names if f"$({one})" in word], name


@pytest.mark.parametrize(
    ("asked", "given", "toolchain"),
    [("1.21", "local", "local"), ("999.1", "local", "auto"), ("999.1", "go1.22.0", "go1.22.0")],
)
def test_a_newer_go_that_the_module_asks_for_is_got_where_the_image_keeps_go_from_it(
    tmp_path: Path, asked: str, given: str, toolchain: str
) -> None:
    source, go = tmp_path / "source", tmp_path / "bin/go"
    source.mkdir()
    go.parent.mkdir()
    (source / "go.mod").write_text(f"module example.com/shop\n\ngo {asked}\n")
    go.write_text('#!/bin/sh\nif [ "$1" = env ]; then echo go1.26.8; else echo "$1 by $GOTOOLCHAIN"; fi\n')
    go.chmod(0o755)
    step = tasks(tmp_path)["test-golang"]["spec"]["steps"][0]
    path = f"{go.parent}:/usr/bin:/bin"
    code, said = run_step(step, tmp_path, source, PATH=path, GOTOOLCHAIN=given)
    assert (code, said.splitlines()[-1]) == (0, f"test by {toolchain}"), said


def test_a_cache_of_go_begins_with_what_the_image_has_compiled(tmp_path: Path) -> None:
    image, cache, go = tmp_path / "image", tmp_path / "cache", tmp_path / "bin" / "go"
    for folder in (image, cache, go.parent, tmp_path / "source"):
        folder.mkdir()
    (tmp_path / "source" / "go.mod").write_text("module example.com/shop\n")
    (image / "net-http").write_text("compiled")
    answers = f'case "$2" in GOVERSION) echo go1.26.8;; GOCACHE) echo "${{GOCACHE:-{image}}}";; esac'
    go.write_text(f'#!/bin/sh\nif [ "$1" = env ]; then {answers}; else ls "$GOCACHE"; fi\n')
    go.chmod(0o755)
    step = tasks(tmp_path)["test-golang"]["spec"]["steps"][0]

    def run() -> list[str]:
        path = f"{go.parent}:/usr/bin:/bin"
        code, said = run_step(step, tmp_path, tmp_path / "source", PATH=path, CACHE=str(cache))
        assert code == 0, said
        return said.split()

    assert run() == ["net-http", "seeded-go1.26.8"]
    (image / "later").write_text("not taken")
    (cache / "go-build" / "own").write_text("kept")
    assert run() == ["net-http", "own", "seeded-go1.26.8"]
    for path in image.iterdir():
        path.unlink()
    image.rmdir()
    assert run() == ["net-http", "own", "seeded-go1.26.8"]


def wheel(folder: Path, name: str, text: str) -> None:
    """Write a package of one module that pip can install from a folder."""
    info = f"{name}-1.0.dist-info"
    files = {
        f"{name}.py": text,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)


class Testing:
    """A source that is tested again and again with one cache, each time in a fresh container's folder."""

    __test__ = False

    def __init__(self, folder: Path, language: str, **environment: str) -> None:
        self.source, self.cache = folder / "source", folder / "cache"
        self.source.mkdir()
        self.cache.mkdir()
        self._folder, self._runs = folder, 0
        self._step = tasks(folder)[f"test-{language}"]["spec"]["steps"][0]
        self._environment = environment

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            (self.source / name).write_text(text)

    def run(self, **environment: str) -> tuple[int, str]:
        # A container has a /tmp of its own, always under the same name.
        scratch = self._folder / "tmp"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        given = {"TMPDIR": str(scratch), "HOME": str(scratch), "CACHE": str(self.cache)}
        return run_step(
            self._step, self._folder, self.source, **{**given, **self._environment, **environment}
        )


TAKEN = "taking what was installed"
PYTHON_TEST = """import unittest
import shelf

class Shelves(unittest.TestCase):
    def test_shelf(self):
        self.assertEqual(shelf.BOOKS, 3)
"""
FURNITURE_TEST = """import unittest
import chair, lamp, table

class Furniture(unittest.TestCase):
    def test_furniture(self):
        self.assertTrue(chair and lamp and table)
"""


def test_a_process_of_a_procfile_with_the_line_ends_of_windows_is_run(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Procfile").write_bytes(b"web: x\r\ntest: echo tested\r\n")
    assert run_step(tasks(tmp_path)["test-any"]["spec"]["steps"][0], tmp_path, source) == (0, "tested\n")


def python_project(folder: Path, bin_folder: Path) -> Testing:
    """Return a Python project whose packages are in a folder, which can be taken away."""
    wheel(folder / "index", "shelf", "BOOKS = 3\n")
    for name in ("lamp", "table", "chair"):
        wheel(folder / "index", name, "")
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder / "index")}
    project = Testing(
        folder, "python", PATH=f"{bin_folder}:/usr/bin:/bin", PIP_CONFIG_FILE="/dev/null", **index
    )
    project.write({"test_shelf.py": PYTHON_TEST})
    return project


@pytest.fixture
def python(tmp_path: Path) -> Testing:
    """A Python project that pip installs."""
    return python_project(tmp_path, Path(sys.executable).parent)


@pytest.fixture
def around_pip(tmp_path: Path) -> Testing:
    """A Python project for what the step does around pip, whose place a program takes that only unpacks."""
    program = tmp_path / "bin" / "python3"
    program.parent.mkdir()
    pip = Path(__file__).with_name("installing_pip.py")
    instead = f'if [ "$1 $2" = "-m pip" ]; then shift 2; set -- {pip} "$@"; fi'
    program.write_text(f'#!/bin/sh\n{instead}\nexec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return python_project(tmp_path, program.parent)


def no_index(tmp_path: Path) -> dict[str, str]:
    """Return the environment of a run that cannot install anything."""
    (tmp_path / "nothing").mkdir(exist_ok=True)
    return {"PIP_FIND_LINKS": str(tmp_path / "nothing")}


def test_python_s_dependencies_are_installed_once_for_the_same_requirements(
    tmp_path: Path, python: Testing
) -> None:
    development = "-r requirements.txt\nlamp>=1  # on\n"
    python.write({"requirements.txt": "shelf\n", "requirements-dev.txt": development})
    code, said = python.run()
    assert code == 0, said
    assert TAKEN not in said
    # A save: the source is another one, and what it needs is the same.
    python.write({"shop.py": "OPEN = True\n"})
    code, said = python.run(**no_index(tmp_path))
    assert code == 0, said
    assert TAKEN in said
    assert "test_shelf (" in said


def test_other_requirements_are_installed_anew(around_pip: Testing) -> None:
    given = {"requirements.txt": "shelf\n-r more.txt\n", "more.txt": "lamp\n"}
    around_pip.write(given)
    code, said = around_pip.run()
    assert code == 0, said
    changes: tuple[dict[str, str], ...] = (
        {"requirements.txt": "shelf\nabsent\n"},
        {"more.txt": "absent\n"},
        {"requirements-test.txt": "absent\n"},
        {"pyproject.toml": '[dependency-groups]\ntest = ["absent"]\n'},
    )
    for changed in changes:
        around_pip.write(changed)
        code, said = around_pip.run()
        assert code != 0, changed
        assert "absent" in said, changed
        for name in changed:
            (around_pip.source / name).unlink()
        around_pip.write(given)


@pytest.mark.parametrize(
    "files",
    [
        {
            "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.8"\nshelf = "^1.0"\n'
            '[tool.poetry.group.dev.dependencies]\ntable = {version = "~1", python = ">3"}\n'
            '[tool.poetry.dev-dependencies]\nchair = "1.0"\n'
            '[dependency-groups]\ndev = [{include-group = "checks"}]\nchecks = ["lamp"]\n',
            "test_furniture.py": FURNITURE_TEST,
        },
        {
            "pyproject.toml": '[tool.setuptools.dynamic]\ndependencies = {file = "base.txt"}\n',
            "base.txt": "shelf\n",
        },
        {
            "pyproject.toml": "[tool.ruff]\n",
            "Pipfile.lock": '{"default": {}, "develop": {"shelf": {"version": "==1.0"}}}',
        },
        {"requirements.txt": "shelf\n".encode("utf-16")},
        {"requirements.txt": "shelf\n".encode("utf-8-sig")},
    ],
)
def test_a_test_has_what_the_files_of_each_tool_name(python: Testing, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        (python.source / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    code, said = python.run()
    assert code == 0, said
    assert "test_shelf (" in said


@pytest.mark.parametrize(
    "further",
    [
        {"requirements-dev.txt": "lamp==1.0\n"},
        {"requirements-dev.txt": "-r requirements.txt\n", "requirements-test.txt": "lamp\n"},
        {"pyproject.toml": '[dependency-groups]\ndev = ["lamp"]\n'},
    ],
)
def test_what_tests_need_may_be_without_the_checksums_that_the_application_s_packages_have(
    tmp_path: Path, python: Testing, further: dict[str, str]
) -> None:
    (shelf,) = (tmp_path / "index").glob("shelf*")
    digest = hashlib.sha256(shelf.read_bytes()).hexdigest()
    python.write({"requirements.txt": f"shelf==1.0 \\\n    --hash=sha256:{digest}\n", **further})
    python.write({"test_shelf.py": f"import lamp\n{PYTHON_TEST}"})
    code, said = python.run()
    assert code == 0, said


def test_a_checksum_is_held_also_where_what_tests_need_has_none(python: Testing) -> None:
    wrong = f"shelf==1.0 --hash=sha256:{'0' * 64}\n"
    python.write({"requirements.txt": wrong, "requirements-dev.txt": "lamp==1.0\n"})
    code, said = python.run()
    assert code != 0
    assert "do not match the hashes" in said.lower()


def test_the_steps_and_the_buildpack_read_poetry_s_versions_alike(tmp_path: Path) -> None:
    program = str(tasks(tmp_path)["test-python"]["spec"]["steps"][0]["args"][0])
    names: dict[str, Any] = {"re": re, "pathlib": pathlib}
    exec(program[program.index("def clauses(") : program.index("def group(")], names)
    built = runpy.run_path(str(BUILDPACKS / "python/dependencies.py"))
    for version in (
        "^1.2.3",
        "^0.3",
        "^0.0.3",
        "^0",
        "~1.2.3",
        "~1",
        "1.2.*",
        ">= 1, <2",
        "~=1.4",
        "*",
        "^1 || ^2",
    ):
        table = {
            "a": version,
            "b": {"version": version, "extras": ["x"], "python": version, "markers": "os_name == 'nt'"},
            "c": [{"git": "https://h/c.git", "rev": "1"}, {"url": "https://h/c.whl"}, {"path": "../c"}],
            "d": {"version": version, "optional": True},
            "python": version,
        }
        assert list(names["poetry"](table)) == built["poetry"](table)


def test_a_django_project_is_tested_by_its_own_command(around_pip: Testing) -> None:
    # The tests of an application need the settings that manage.py names.
    around_pip.write(
        {"requirements.txt": "shelf\n", "manage.py": "import sys\nprint('manage', *sys.argv[1:])\n"}
    )
    code, said = around_pip.run()
    assert (code, said.splitlines()[-1]) == (0, "manage test -v 2"), said


@pytest.mark.parametrize("line", ["./shelf-1.0-py3-none-any.whl", "--pre\nshelf"])
def test_what_may_change_under_the_same_words_is_installed_each_time(
    tmp_path: Path, around_pip: Testing, line: str
) -> None:
    shutil.copy(tmp_path / "index" / "shelf-1.0-py3-none-any.whl", around_pip.source)
    around_pip.write({"requirements.txt": f"{line}\n"})
    for _ in range(2):
        code, said = around_pip.run()
        assert code == 0, said
        assert TAKEN not in said


def test_what_is_kept_is_whole_and_a_cache_that_cannot_be_written_fails_no_test(around_pip: Testing) -> None:
    around_pip.write({"requirements.txt": "shelf\n"})
    (around_pip.cache / "venvs").write_text("no folder\n")
    code, said = around_pip.run()
    assert code == 0, said
    assert "not kept for the next run" in said


def test_what_another_run_kept_meanwhile_stays_and_nothing_is_left_beside_it(
    tmp_path: Path, around_pip: Testing
) -> None:
    around_pip.write({"requirements.txt": "shelf\n"})
    assert around_pip.run()[0] == 0
    (kept,) = (around_pip.cache / "venvs").iterdir()
    # As the other run sees it that looked before.
    step = str(tasks(tmp_path)["test-python"]["spec"]["steps"][0]["args"][0])
    keep = "set -eu\n" + step[step.index("keep() {") : step.index("\n}\n", step.index("keep() {")) + 3]
    (tmp_path / "new").mkdir()
    words = ["bash", "-c", f'{keep}\nkeep "{tmp_path / "new"}" "{kept}"']
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert list((around_pip.cache / "venvs").iterdir()) == [kept]
    assert (kept / "pyvenv.cfg").is_file()


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[str]:
    """The address of a folder ``registry`` that is served."""
    (tmp_path / "registry").mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(tmp_path / "registry")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def locked(folder: Path, registry: str) -> str:
    """Publish a package, and return the lock file of a project that needs it."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        files = {"package.json": '{"name": "shelf", "version": "1.0.0"}', "index.js": "exports.books = 3\n"}
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    (folder / "shelf-1.0.0.tgz").write_bytes(content.getvalue())
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(content.getvalue()).digest()).decode()
    shelf = {"version": "1.0.0", "resolved": f"{registry}/shelf-1.0.0.tgz", "integrity": integrity}
    packages = {"": {"dependencies": {"shelf": "1.0.0"}}, "node_modules/shelf": shelf}
    return json.dumps({"lockfileVersion": 3, "requires": True, "packages": packages})


@pytest.mark.skipif(shutil.which("npm", path="/usr/bin:/bin") is None, reason="npm is not on this machine")
def test_node_js_packages_are_installed_once_for_the_same_lock_file(tmp_path: Path, registry: str) -> None:
    nodejs = Testing(tmp_path, "nodejs", NPM_CONFIG_REGISTRY=registry, NPM_CONFIG_AUDIT="false")
    scripts = {"test": 'node -e \'console.log("books", require("shelf").books)\''}
    package = {"dependencies": {"shelf": "1.0.0"}, "scripts": scripts}
    lock = locked(tmp_path / "registry", registry)
    nodejs.write({"package.json": json.dumps(package), "package-lock.json": lock})
    code, said = nodejs.run()
    assert code == 0, said
    assert "books 3" in said
    assert TAKEN not in said
    nodejs.write({"shop.js": "1\n"})
    code, said = nodejs.run()
    assert (code, TAKEN in said, "books 3" in said) == (0, True, True), said
    # A script that an installation runs may read anything of the source.
    scripts["prepare"] = "echo prepared"
    nodejs.write({"package.json": json.dumps(package)})
    for _ in range(2):
        code, said = nodejs.run()
        assert (code, TAKEN in said, "books 3" in said) == (0, False, True), said
