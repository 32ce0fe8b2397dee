"""What a folder of sources must be before anything runs: each mistake ends in a sentence with a next step."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pkgops import local
from pkgops.errors import PkgopsError
from pkgops.flows import project, sources
from pkgops.flows.ports import Ports
from pkgops.settings import Overrides, load

NOBODY = 65534


def folder_with(place: Path, *files: str) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    for name in files:
        (place / name).write_text("")
    return place


def refused(folder: Path, config: str = "") -> PkgopsError:
    (folder / "pkgops.yaml").write_text(config)
    with pytest.raises(PkgopsError) as told:
        sources.check(load(Overrides(), {}, folder), folder)
    assert told.value.next
    return told.value


def test_a_language_that_the_folder_does_not_show_is_refused_with_the_one_that_it_shows(
    tmp_path: Path,
) -> None:
    folder = folder_with(tmp_path, "requirements.txt")
    told = refused(folder, "workload: {language: golang}\n")
    assert told.what == f"workload.language is golang, and {folder} shows Python (requirements.txt)"
    assert "there is no go.mod" in told.why
    assert "set workload.language: python" in told.next
    assert "known here are golang, python" in refused(folder, "workload: {language: rust}\n").why


@pytest.mark.parametrize("said", ["", "workload: {language: auto}\n", "workload: {language: nodejs}\n"])
def test_a_language_that_is_open_or_shown_too_is_taken(tmp_path: Path, said: str) -> None:
    folder = folder_with(tmp_path, "requirements.txt")
    (folder / "package.json").write_text('{"main": "shop.js"}')
    (folder / "pkgops.yaml").write_text(said)
    settings = load(Overrides(), {}, folder)
    sources.check(settings, folder)
    own = settings.with_overrides({"pkgops": {"source": str(folder)}}, settings.tree.origin("workload.name"))
    taken = project.with_found_language(own).text("workload.language")
    assert taken == ("nodejs" if "nodejs" in said else "python")


def test_a_folder_of_a_monorepo_that_is_not_there_is_named(tmp_path: Path) -> None:
    told = refused(folder_with(tmp_path, "go.mod"), "workload: {subPath: services/shop}\n")
    assert told.what == f"{tmp_path} has no folder services/shop"
    assert "workload.subPath" in told.next


def test_gradle_is_named_and_refused(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "build.gradle.kts")
    assert "Java with Gradle" in refused(folder).what
    assert "--context" in sources.next_step(project.read_project(folder))


def test_a_folder_without_a_language_leads_to_one_in_init_too(tmp_path: Path) -> None:
    empty = project.read_project(folder_with(tmp_path / "empty"))
    assert "Procfile" in sources.next_step(empty)
    assert sources.next_step(project.read_project(folder_with(tmp_path / "go", "go.mod"))) == "pkgops up"


@pytest.mark.parametrize(
    ("marker", "text", "why"),
    [
        ("pyproject.toml", '[project\nname = "x"\n', "line 1, column 9"),
        ("package.json", '{"name": "x",}', "line 1 column 14"),
        ("package.json", '\ufeff{"main": "shop.js"}', ""),
        ("pyproject.toml", '[project]\nname = "x"\n', ""),
        ("pyproject.toml", '\ufeff[tool.poetry.dependencies]\npython = "^3"\n', ""),
    ],
)
def test_a_mistake_in_what_says_the_dependencies_is_told_with_its_place(
    tmp_path: Path, marker: str, text: str, why: str
) -> None:
    (tmp_path / marker).write_text(text)
    if not why:
        sources.check(load(Overrides(), {}, tmp_path), tmp_path)
        return
    told = refused(tmp_path)
    assert told.what == f"cannot read {tmp_path / marker}"
    assert why in told.why


@pytest.mark.parametrize(
    ("files", "add"),
    [
        ({"package.json": "{}"}, 'a script "start"'),
        ({"package.json": '{"scripts": {"test": "x"}}', "shop.js": ""}, 'a script "start"'),
        ({"package.json": "[]"}, 'a script "start"'),
        ({"package.json": "{}", "Procfile": "release: x\n"}, 'a script "start"'),
        ({"Procfile": "test: x\nweb:  \n"}, "web: ./serve"),
        ({"package.json": "{}", "Procfile": "web: node shop.js\n"}, ""),
        ({"package.json": "{}", "server.js": ""}, ""),
        ({"package.json": '{"main": "dist/made-later.js"}'}, ""),
        ({"package.json": '{"scripts": {"build": "x"}}'}, ""),
        ({"package.json": '{"scripts": {"start": "x"}}'}, ""),
    ],
)
def test_what_nothing_says_the_start_of_ends_before_anything_is_started(
    tmp_path: Path, files: dict[str, str], add: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    if not add:
        sources.check(load(Overrides(), {}, tmp_path), tmp_path)
        return
    told = refused(tmp_path)
    assert told.what == f"nothing defines how {tmp_path} is started"
    assert add in told.next


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[tool.ruff]\n", "it has no table [project]"),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', "its dependencies are dynamic"),
        (
            '[project]\ndynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = "a"}\n',
            "",
        ),
    ],
)
def test_a_project_that_does_not_name_its_dependencies_ends_before_anything_is_started(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    if why:
        assert refused(tmp_path).why == why
        (tmp_path / "Pipfile.lock").write_text("{}")
    sources.check(load(Overrides(), {}, tmp_path), tmp_path)


def test_what_is_there_and_not_used_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "bun.lockb")
    (folder / "package.json").write_text('{"main": "x.js"}')
    (folder / "Procfile").write_text("web: x\nworker: y\n")
    told: list[str] = []
    ports = Ports(on_event=lambda event: told.append(event.message))
    sources.check_snapshot(load(Overrides(), {}, folder), folder, ports)
    assert [one.partition(",")[0] for one in told] == [
        "bun.lockb is not read",
        "of the Procfile only web is run: worker not",
    ]


@pytest.fixture
def unreadable(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process may not read, also where it runs as root."""
    folder = folder_with(tmp_path / "locked", "go.mod")
    folder.chmod(0)
    root = os.geteuid() == 0
    if root:
        for path in (tmp_path, *tmp_path.parents):
            if path.stat().st_uid == 0 and not path.stat().st_mode & 0o001:
                path.chmod(path.stat().st_mode | 0o001)
        os.seteuid(NOBODY)
    yield folder
    if root:
        os.seteuid(0)
    folder.chmod(0o700)


def test_a_folder_that_may_not_be_read_is_told(unreadable: Path) -> None:
    with pytest.raises(PkgopsError) as told:
        project.read_project(unreadable)
    assert (told.value.what, told.value.why) == (f"cannot read the folder {unreadable}", "Permission denied")
    assert told.value.next


@pytest.mark.parametrize("repository", [True, False])
def test_the_file_that_shows_the_language_must_not_be_ignored(tmp_path: Path, repository: bool) -> None:
    folder = folder_with(tmp_path, "requirements.txt")
    (folder / ".gitignore").write_text("*.txt\n")
    if repository:
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    with pytest.raises(PkgopsError) as told:
        sources.check_snapshot(load(Overrides(), {}, folder), folder, Ports())
    assert told.value.what == f"{folder / 'requirements.txt'} is left out by .gitignore"
    assert "git add --force requirements.txt" in told.value.next
    if repository:
        subprocess.run(["git", "-C", str(folder), "add", "--force", "requirements.txt"], check=True)
        sources.check_snapshot(load(Overrides(), {}, folder), folder, Ports())


def test_what_is_left_out_and_may_be_missed_is_told(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "go.mod", "settings.json")
    folder_with(tmp_path / "node_modules" / "x", "index.js")
    folder_with(tmp_path / "dist", "page.html", "page.js")
    (folder / ".gitignore").write_text("node_modules\ndist\nsettings.json\n")
    told: list[str] = []
    ports = Ports(on_event=lambda event: told.append(event.message))
    sources.check_snapshot(load(Overrides(), {}, folder), folder, ports)
    assert told == ["left out by .gitignore: dist/, settings.json"]
    assert local.left_out(folder) == ["dist/", "node_modules/", "settings.json"]
    assert sources.left_out([f"{number}.json" for number in range(7)]).endswith("4.json and 2 more")
