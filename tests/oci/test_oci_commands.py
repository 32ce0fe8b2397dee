"""imgpkg and kbld as programs: exit codes, stdout and stderr, as scripts see them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_registry import PASSWORD, USER, FakeRegistry

from pkgops.oci import ImageRef, RegistryClient, write_image
from pkgops.oci.image import empty_image
from pkgops.oci.imgpkg.__main__ import main as imgpkg
from pkgops.oci.kbld.__main__ import main as kbld


@pytest.fixture
def folder(tmp_path: Path, registry: FakeRegistry, client: RegistryClient) -> Path:
    write_image(client, empty_image(), [ImageRef.parse(f"{registry.host}/demo/web:v1")])
    (tmp_path / "b" / ".imgpkg").mkdir(parents=True)
    (tmp_path / "b" / "app.yml").write_text(f"image: {registry.host}/demo/web:v1\n")
    return tmp_path


def test_a_bundle_goes_out_and_comes_back(
    folder: Path, registry: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, bundle = folder / "b/.imgpkg/images.yml", f"{registry.host}/demo/web-ops:0.1.7"
    assert kbld(["-f", str(folder / "b"), "--imgpkg-lock-output", str(lock)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"---\nimage: {registry.host}/demo/web@sha256:")
    assert err.startswith("resolve | final: ")
    written = folder / "bundle.lock.yml"
    assert imgpkg(["push", "-b", bundle, "-f", str(folder / "b"), "--lock-output", str(written)]) == 0
    out = capsys.readouterr().out
    image = next(line.split()[-1] for line in written.read_text().splitlines() if "image: " in line)
    assert out.endswith(f"Pushed '{image}'\nSucceeded\n")
    assert imgpkg(["pull", "-b", bundle, "-o", str(folder / "out")]) == 0
    assert (folder / "out/.imgpkg/images.yml").read_text() == lock.read_text()
    assert imgpkg(["pull", "--lock", str(written), "-o", str(folder / "out2")]) == 0
    capsys.readouterr()
    assert imgpkg(["tag", "list", "-i", bundle]) == 0
    assert capsys.readouterr().out.split() == ["0.1.7"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["push", "-f", "."], "Expected either image or bundle reference"),
        (
            ["push", "-i", "r.io/app", "-f", ".", "--lock-output", "x"],
            "Lock output is not compatible with image",
        ),
        (["push", "-b", "NOT", "-f", "."], "is not an image reference"),
        (["pull", "-b", "127.0.0.1:1/none:v1", "-o", "out"], "refused"),
    ],
)
def test_imgpkgs_errors_go_to_stderr(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imgpkg(arguments) == 1
    err = capsys.readouterr().err
    assert err.startswith("imgpkg: Error: ")
    assert message in err


def test_kblds_errors_go_to_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yml").write_text("a: [")
    assert kbld(["-f", str(tmp_path / "bad.yml")]) == 1
    assert capsys.readouterr().err.startswith("kbld: Error: ")
    assert kbld(["-f", str(tmp_path / "none.yml")]) == 1
    assert kbld(["-f", "-", "--lock-output", "a", "--imgpkg-lock-output", "b"]) == 1


def test_kbld_names_a_file_that_is_not_there_in_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert kbld(["-f", "no/x.yml"]) == 1
    assert capsys.readouterr().err == (
        "kbld: Error: Unable to stat file: stat no/x.yml: no such file or directory\n"
    )


def test_credentials_come_from_the_environment_and_are_not_shown(
    registry: FakeRegistry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry.auth = "token"
    (tmp_path / "file").touch()
    arguments = ["push", "-i", f"{registry.host}/demo/x:v1", "-f", str(tmp_path / "file")]
    monkeypatch.setenv("IMGPKG_USERNAME", USER)
    monkeypatch.setenv("IMGPKG_PASSWORD", "wrong-" + PASSWORD)
    assert imgpkg(arguments) == 1
    assert PASSWORD not in "".join(capsys.readouterr())
    monkeypatch.setenv("IMGPKG_PASSWORD", PASSWORD)
    assert imgpkg(arguments) == 0


@pytest.mark.parametrize("name", ["imgpkg", "kbld"])
def test_the_modules_are_programs(name: str) -> None:
    command = [sys.executable, "-m", f"pkgops.oci.{name}", "version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert done.stdout.startswith(f"{name} version ")


def test_kbld_loads_no_http_client_where_every_image_has_its_digest(tmp_path: Path) -> None:
    (tmp_path / "app.yml").write_text(f"image: r.io/demo/web@sha256:{'1' * 64}\n")
    code = "import sys; from pkgops.oci.kbld.__main__ import main; main(sys.argv[1:]); print(*sys.modules)"
    command = [sys.executable, "-c", code, "-f", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=dict(os.environ))
    assert "image: r.io/demo/web@sha256:" in done.stdout
    assert not {"urllib3", "http.client", "ssl"} & set(done.stdout.split())
