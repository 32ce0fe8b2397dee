"""`pkgops init`, `up` and `dev` in folders with a mistake: it is told before any cluster is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.cli import boundary
from pkgops.cli.app import app
from pkgops.cli.main import main


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, on a machine that has no cluster and can start none."""
    for name in ("PKGOPS_CONTEXT", "PKGOPS_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PKGOPS_INSTANCE", "nobodys")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PKGOPS_PROGRAMS", str(tmp_path / "no-programs-here"))
    folder = tmp_path / "my-app"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


MISTAKES = [
    ({}, "language-unknown", "add the file that shows its language"),
    ({"README.md": "words\n"}, "language-unknown", "add the file that shows its language"),
    (
        {"app.py": "print()\n"},
        "language-unknown",
        "a file requirements.txt, which may be empty, makes it Python",
    ),
    ({"build.gradle": ""}, "language-unsupported", "a pom.xml beside it is built with Maven here"),
    ({"go.mod": "", "pkgops.yaml": "workload: {subPath: shop}\n"}, "source", "into workload.subPath"),
    ({"go.mod": "", "pkgops.yaml": "workload: {containerPort: 9090}\n"}, "port-reserved", "the port in PORT"),
    ({"go.mod": "", "pkgops.yaml": "workload: {language: python}\n"}, "language-differs", "language: golang"),
    ({"pyproject.toml": "[project\n"}, "source-malformed", "correct the file at this place"),
    ({"pyproject.toml": "[tool.ruff]\n"}, "no-dependencies", "name the dependencies in [project]"),
    ({"Gemfile": ""}, "language-unknown", "a published builder for Ruby in build.builder.image"),
    ({"Dockerfile": ""}, "language-unknown", "write what its CMD runs into a Procfile"),
    ({"settings.gradle.kts": ""}, "language-unsupported", "a pom.xml beside it is built with Maven here"),
]


@pytest.mark.parametrize("command", [["up", "--source", "."], ["dev"], ["up", "--watch"]], ids=" ".join)
@pytest.mark.parametrize(("files", "slug", "step"), MISTAKES)
def test_a_mistake_in_the_folder_is_told_without_a_cluster(
    here: Path,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    files: dict[str, str],
    slug: str,
    step: str,
) -> None:
    for name, text in files.items():
        (here / name).write_text(text)
    assert boundary.run(app, [*command, "--progress", "plain"]) != 0
    said = capsys.readouterr().err
    assert f"error: {slug}\n" in said
    assert step in said.partition("next: ")[2]


@pytest.mark.parametrize(
    ("files", "step"),
    [
        ({"README.md": ""}, "add the file that shows its language"),
        ({"build.gradle": ""}, "pom.xml"),
        ({"go.mod": ""}, "pkgops up\n"),
        # What up would refuse at once is no next step.
        ({"package.json": "{}"}, 'a script "start"'),
        ({"package.json": '{"workspaces": ["web"]}'}, "npm start --workspace NAME"),
        ({"package.json": "{"}, "correct the file"),
        ({"pyproject.toml": "[tool.ruff]\n"}, "name the dependencies in [project]"),
        ({"shop/go.mod": "", "stall/go.mod": ""}, "pkgops up\n"),
        ({"shop/go.mod": "", "stall/build.gradle": ""}, "stall: a pom.xml beside it"),
    ],
)
def test_init_leads_to_what_comes_next(
    here: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], step: str
) -> None:
    for name, text in files.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)
    assert boundary.run(app, ["init"]) == 0
    assert step in capsys.readouterr().out.partition("next ")[2]


@pytest.mark.parametrize(
    ("files", "note"),
    [
        ({"package.json": '{"main": "x.js"}', "yarn.lock": ""}, "yarn.lock is not read"),
        ({"package.json": '{"main": "x.js"}', "pnpm-lock.yaml": "", "package-lock.json": "{}"}, ""),
        ({"Procfile": "web: x\ntest: x\nworker: x\nclock: y\n"}, "only web is run: worker, clock not"),
        ({"Procfile": "web: x\ntest: x\n"}, ""),
        ({"go.mod": "", "yarn.lock": ""}, ""),
        ({"go.work": "", "shop/go.mod": ""}, "go.work is not read"),
    ],
)
def test_init_tells_what_is_there_and_not_used(
    here: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], note: str
) -> None:
    for name, text in files.items():
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)
    assert boundary.run(app, ["init"]) == 0
    said = capsys.readouterr().out
    assert note in said
    assert ("note" in said) == bool(note)


@pytest.mark.parametrize("words", [["shop"], ["--no-wait"], ["--dry-run"], ["-o", "json"]])
def test_up_watch_is_refused_beside_what_ends_by_itself(
    here: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (here / "go.mod").write_text("")
    assert boundary.run(app, ["up", "--watch", *words]) == 2
    said = capsys.readouterr().err
    assert "--watch cannot be combined with" in said
    assert "pkgops dev DIR" in said


def test_without_a_command_the_configuration_of_the_folder_is_what_up_brings(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "go.mod").write_text("")
    assert boundary.run(app, ["init"]) == 0
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main([])
    said = capsys.readouterr().out
    assert "and deliver my-app" in said
    assert "pkgops init" not in said
