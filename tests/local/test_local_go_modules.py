"""Pods have Go's modules from where the machine has them: what its person says wins over the toolchain."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.local.golang import Go
from pkgops.local.images.recipes import ALL_IMAGES, LAYERS
from pkgops.local.images.sources import Sources
from pkgops.local.images.surroundings_go import PLACE, persons, settings

OWN = "# defaults\nGOPROXY=https://proxy.example,direct\nGOSUMDB=sum.example\n\nGOTOOLCHAIN=auto\n"


def written(environ: dict[str, str], home: Path, root: Path) -> str:
    ((header, opener),) = settings(environ, home, root)
    assert header.name == PLACE
    assert opener is not None
    return opener().read().decode()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A person's folder, beside a toolchain with its own settings."""
    (tmp_path / "go.env").write_text(OWN)
    return tmp_path / "home"


def test_what_a_person_says_of_modules_goes_along_and_nothing_else(home: Path) -> None:
    file = home / ".config/go/env"
    file.parent.mkdir(parents=True)
    file.write_text("GOPROXY=https://mine.example\nGOPRIVATE=git.example/*\nGOFLAGS=-mod=vendor\n")
    said = written({"GONOSUMDB": "git.example", "GOFLAGS": "-race", "GOSUMDB": ""}, home, home.parent)
    assert said.splitlines() == [
        "GOPROXY=https://mine.example",
        "GOSUMDB=sum.example",
        "GOTOOLCHAIN=auto",
        "GOPRIVATE=git.example/*",
        "GONOSUMDB=git.example",
    ]
    assert "GOPROXY=https://other.example\n" in written(
        {"GOPROXY": "https://other.example"}, home, home.parent
    )


@pytest.mark.parametrize("environ", [{}, {"GOPROXY": "file:///srv/modules"}, {"GOENV": "off"}])
def test_without_a_word_of_a_person_the_toolchain_s_own_stay(home: Path, environ: dict[str, str]) -> None:
    assert "GOPROXY=https://proxy.example,direct\n" in written(environ, home, home.parent)
    assert written({}, home, home / "none") == ""


def test_another_word_makes_the_layer_anew(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = Sources(Go(Path("/none/go"), "go1.26.0", Path("/none")), {})
    monkeypatch.setenv("HOME", str(home))
    keys = set()
    for proxy in ("https://one.example", "https://two.example"):
        monkeypatch.setenv("GOPROXY", proxy)
        keys.add(LAYERS["modules"].describe(sources))
    assert len(keys) == 2
    assert persons({}, home) == {}


@pytest.mark.parametrize("image", ["go", "build"])
def test_who_tests_or_builds_trusts_whom_the_machine_trusts(image: str) -> None:
    layers = ALL_IMAGES[image].layers
    assert {"certificates", "modules"} <= set(layers)
    assert layers.index("goroot") < layers.index("modules")
