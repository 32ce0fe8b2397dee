"""`pkgops init`, `up` and `dev` in folders with a mistake: it is told before any cluster is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.cli import boundary
from pkgops.cli.app import app


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
    ({}, "language-unknown", "add one of them"),
    ({"README.md": "words\n"}, "language-unknown", "add one of them"),
    (
        {"app.py": "print()\n"},
        "language-unknown",
        "a file requirements.txt, which may be empty, makes it Python",
    ),
    ({"build.gradle": ""}, "language-unsupported", "a pom.xml beside it is built with Maven here"),
    ({"go.mod": "", "pkgops.yaml": "workload: {subPath: shop}\n"}, "source", "into workload.subPath"),
    ({"go.mod": "", "pkgops.yaml": "workload: {language: python}\n"}, "language-differs", "language: golang"),
    ({"pyproject.toml": "[project\n"}, "source-malformed", "correct the file at this place"),
]


@pytest.mark.parametrize("command", [["up", "--source", "."], ["dev"]], ids=lambda words: words[0])
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
        ({"README.md": ""}, "add one of them"),
        ({"build.gradle": ""}, "pom.xml"),
        ({"go.mod": ""}, "pkgops up\n"),
    ],
)
def test_init_leads_to_what_comes_next(
    here: Path, capsys: pytest.CaptureFixture[str], files: dict[str, str], step: str
) -> None:
    for name, text in files.items():
        (here / name).write_text(text)
    assert boundary.run(app, ["init"]) == 0
    assert step in capsys.readouterr().out
