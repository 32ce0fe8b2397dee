import functools
import http.server
import io
import json
import tarfile
import threading
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_registry import PASSWORD, USER, FakeRegistry

from pkgops.lifecycle import fetching, prepare
from pkgops.lifecycle.phase import PhaseError
from pkgops.lifecycle.secrets import read_secrets
from pkgops.oci import ImageRef, RegistryClient, write_image
from pkgops.oci.image import empty_image


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """Serve a folder over HTTP; yields it and its URL."""
    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def tarball(**content: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, text in content.items():
            header = tarfile.TarInfo(name.replace("__", "/"))
            header.size = len(text)
            tar.addfile(header, io.BytesIO(text.encode()))
    return out.getvalue()


@pytest.fixture
def environ(
    registry: FakeRegistry, client: RegistryClient, files: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """Return the environment of a build that has all it needs."""
    run = ImageRef.parse(f"{registry.host}/demo/run:v1")
    write_image(client, empty_image(), [run])
    (files[0] / "a.tar.gz").write_bytes(tarball(sub__main="text", readme="me"))
    values = {
        "BLOB_URL": f"{files[1]}/a.tar.gz",
        "IMAGE_TAG": f"{registry.host}/demo/app",
        "RUN_IMAGE": str(run),
        "BUILD_CHANGES": json.dumps([{"reason": "CONFIG"}]),
        "PLATFORM_ENV_BP_X": "value",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def test_the_source_and_the_environment_are_laid_out(
    pod: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare.main([]) == 0
    assert (pod / "workspace/sub/main").read_text() == "text"
    assert (pod / "platform/env/BP_X").read_text() == "value"
    source = tomllib.loads((pod / "layers/project-metadata.toml").read_text())["source"]
    assert source["type"] == "blob"
    assert source["metadata"]["url"] == environ["BLOB_URL"]
    assert capsys.readouterr().out.startswith("Build reason(s): CONFIG\n")


def test_a_folder_of_the_source_may_be_asked_for(
    pod: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_SUB_PATH", "sub")
    assert prepare.main([]) == 0
    assert [path.name for path in (pod / "workspace").iterdir()] == ["main"]
    monkeypatch.setenv("SOURCE_SUB_PATH", "none")
    assert prepare.main([]) == 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("BLOB_URL", "{url}/none.tar.gz", "failed to get blob {url}/none.tar.gz: 404 "),
        ("BLOB_URL", "{url}/plain", "unexpected blob file type, must be one of .zip, .tar.gz, .tar, .jar"),
        ("BLOB_URL", "http://127.0.0.1:1/x", "failed to get blob http://127.0.0.1:1/x: "),
        ("BLOB_URL", "", "no git url, blob url, or registry image provided"),
        (
            "IMAGE_TAG",
            "127.0.0.1:1/demo/app",
            'Error verifying write access to "127.0.0.1:1/demo/app": POST ',
        ),
        (
            "RUN_IMAGE",
            "{registry}/demo/none",
            'Error verifying read access to run image "{registry}/demo/none": GET ',
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_built(
    pod: Path,
    environ: dict[str, str],
    files: tuple[Path, str],
    registry: FakeRegistry,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    message: str,
) -> None:
    monkeypatch.setattr(fetching, "BACKOFF_SECONDS", 0.0)
    (files[0] / "plain").write_text("no archive")
    known = {"url": files[1], "registry": registry.host}
    monkeypatch.setenv(name, value.format(**known))
    assert prepare.main([]) == 1
    assert f"ERROR: failed to prepare: {message.format(**known)}" in capsys.readouterr().err
    assert list((pod / "workspace").iterdir()) == []


def secret(pod: Path, registry: FakeRegistry, password: str) -> None:
    folder = pod / "secrets/registry-credentials"
    folder.mkdir(parents=True)
    auths = {registry.host: {"username": USER, "password": password}}
    (folder / ".dockerconfigjson").write_text(json.dumps({"auths": auths}))


def test_mounted_credentials_are_used_and_handed_on(
    pod: Path, environ: dict[str, str], registry: FakeRegistry, capsys: pytest.CaptureFixture[str]
) -> None:
    registry.auth = "basic"
    assert prepare.main([]) == 1
    secret(pod, registry, PASSWORD)
    config = read_secrets(["-dockerconfig=registry-credentials", "-cosign=x"], pod / "secrets")
    assert config.find(ImageRef.parse(environ["IMAGE_TAG"])).username == USER
    prepare.write_config(config, pod / "home")
    path = pod / "home/.docker/config.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert PASSWORD not in capsys.readouterr().out


def test_zip_archives_keep_what_may_run(tmp_path: Path, files: tuple[Path, str]) -> None:
    with zipfile.ZipFile(files[0] / "a.zip", "w") as archive:
        entry = zipfile.ZipInfo("run.sh")
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, "#!/bin/sh")
    work = tmp_path / "work"
    work.mkdir()
    fetching.fetch({"BLOB_URL": f"{files[1]}/a.zip"}, work)
    assert (work / "run.sh").stat().st_mode & 0o111


def test_leading_folders_are_stripped(tmp_path: Path, files: tuple[Path, str]) -> None:
    (files[0] / "a.tar.gz").write_bytes(tarball(outer__inner__main="x", outer__top="y"))
    work = tmp_path / "work"
    work.mkdir()
    fetching.fetch({"BLOB_URL": f"{files[1]}/a.tar.gz", "BLOB_STRIP_COMPONENTS": "1"}, work)
    assert sorted(path.name for path in work.iterdir()) == ["inner", "top"]


def test_an_archive_cannot_write_outside(tmp_path: Path, files: tuple[Path, str]) -> None:
    with zipfile.ZipFile(files[0] / "a.zip", "w") as archive:
        archive.writestr("../out", "x")
    work = tmp_path / "work"
    work.mkdir()
    with pytest.raises(PhaseError, match="leaves the folder"):
        fetching.fetch({"BLOB_URL": f"{files[1]}/a.zip"}, work)
    assert not (tmp_path / "out").exists()
