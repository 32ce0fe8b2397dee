"""The buildpacks of Node.js, static files and Procfiles: what they claim, how applications are started."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import threading
import tomllib
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from pkgops.flows.project import LANGUAGES
from pkgops.local.images.cnb import BUILDPACKS


def load(buildpack: str, name: str) -> ModuleType:
    """Import a program of a buildpack, which is no part of a package."""
    spec = importlib.util.spec_from_file_location(name, BUILDPACKS / buildpack / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


npm_start, serve, jar_start = (
    load("nodejs", "npm_start"),
    load("static", "serve"),
    load("java-maven", "jar_start"),
)


SERVER = "/layers/node/serve.js"
BUILDS = {"scripts": {"build": "vite build"}}


def run(
    buildpack: str, program: str, folder: Path, layers: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    layers.mkdir(exist_ok=True)
    env = {
        **os.environ,
        **environment,
        "CNB_BUILD_PLAN_PATH": str(layers / "plan"),
        "CNB_LAYERS_DIR": str(layers),
    }
    words = [str(BUILDPACKS / buildpack / "bin" / program), str(layers)]
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["nodejs", "java-maven", "any", "static", "python"])
def test_detection_claims_what_a_folder_of_that_language_has(tmp_path: Path, name: str) -> None:
    marker = next(language.files[0] for language in LANGUAGES if language.name == name)
    (tmp_path / "app").mkdir()
    refused = run(name, "detect", tmp_path / "app", tmp_path / "out")
    assert refused.returncode == 100
    assert marker in refused.stderr
    (tmp_path / "app" / marker).write_text("")
    assert run(name, "detect", tmp_path / "app", tmp_path / "out").returncode == 0
    plan = tomllib.loads((tmp_path / "out" / "plan").read_text())
    assert plan == {"provides": [{"name": name}], "requires": [{"name": name}]}


FETCHED = {"resolved": "https://r.example/a.tgz", "integrity": "sha512-0"}


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_an_installation_of_node_js_is_known_again_where_its_lock_file_says_all(tmp_path: Path) -> None:
    def key(package: dict[str, Any], packages: dict[str, Any] | None, *words: str) -> str:
        (tmp_path / "package.json").write_text(json.dumps(package))
        lock = tmp_path / "package-lock.json"
        lock.unlink(missing_ok=True)
        if packages is not None:
            lock.write_text(json.dumps({"packages": {"": {}, **packages}}))
        program = ["node", str(BUILDPACKS / "nodejs/key.js"), *words]
        return subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    fetched = {"node_modules/a": FETCHED}
    found = key({"name": "shop"}, fetched)
    assert found
    assert found == key({"name": "shop"}, fetched)
    assert key({"name": "shop"}, {"node_modules/a": {"integrity": "sha512-0"}})
    other = {"node_modules/a": {**FETCHED, "integrity": "sha512-1"}}
    assert len({found, key({"name": "shop"}, fetched, "--omit=dev"), key({"name": "shop"}, other)}) == 3
    for package, packages in (
        ({}, None),
        ({}, {}),
        ({"scripts": {"postinstall": "make"}}, fetched),
        ({}, {**fetched, "node_modules/b": {**FETCHED, "hasInstallScript": True}}),
        ({}, {**fetched, "node_modules/b": {"link": True, "resolved": "b"}}),
        ({}, {**fetched, "node_modules/b": {"resolved": "git+ssh://git@h/b.git#1"}}),
    ):
        assert key(package, packages) == "", (package, packages)


@pytest.mark.parametrize(
    ("package", "files", "expected"),
    [
        ({"scripts": {"start": "node a.js && true"}}, (), ["bash", "-c", "node a.js && true"]),
        ({"scripts": {"start": "node a.js", "prestart": "x"}}, (), ["npm", "start"]),
        ({"main": "lib/shop.js"}, ("lib/shop.js",), ["node", "lib/shop.js"]),
        ({"main": "absent.js"}, ("server.js",), ["node", "server.js"]),
        (BUILDS, ("dist/index.html",), ["node", SERVER, "dist"]),
        (BUILDS, ("index.html", "build/index.html"), ["node", SERVER, "build"]),
        (BUILDS, ("dist/shop/browser/index.html",), ["node", SERVER, "dist/shop/browser"]),
        ({**BUILDS, "main": "shop.js"}, ("shop.js", "dist/index.html"), ["node", "shop.js"]),
    ],
)
def test_what_starts_a_node_js_application(
    tmp_path: Path, package: dict[str, Any], files: tuple[str, ...], expected: list[str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    (tmp_path / "package.json").write_text(json.dumps(package))
    assert npm_start.command(tmp_path, SERVER) == expected
    (tmp_path / "Procfile").write_text("web: node other.js\n")
    assert npm_start.command(tmp_path, SERVER) == ["bash", "-c", "node other.js"]


@pytest.mark.parametrize(
    ("package", "files"),
    [
        ({}, ()),
        # A page that no build has made, and two of which none is the one.
        ({}, ("dist/index.html",)),
        (BUILDS, ("dist/a/index.html", "dist/b/index.html")),
    ],
)
def test_a_node_js_application_that_nothing_starts_is_told_what_to_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], package: dict[str, Any], files: tuple[str, ...]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("")
    (tmp_path / "package.json").write_text(json.dumps(package))
    assert npm_start.main([str(tmp_path), SERVER]) == 1
    assert 'add a script "start"' in capsys.readouterr().err


def jar(path: Path, manifest: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("hello/Main.class", b"")
        if manifest:
            opened.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\r\n{manifest}\r\n")


@pytest.mark.parametrize(
    ("jars", "module", "artifact", "expected"),
    [
        ({"target/shop.jar": "Main-Class: hello.Main"}, "", "target/*.jar", "target/shop.jar"),
        (
            {
                "target/shop.jar": "Main-Class: hello.Ma\r\n in",
                "target/shop-sources.jar": "",
                "target/lib/x.jar": "",
            },
            "",
            "target/*.jar",
            "target/shop.jar",
        ),
        (
            {"app/target/a.jar": "Main-Class: a.B", "core/target/c.jar": ""},
            "",
            "target/*.jar",
            "app/target/a.jar",
        ),
        (
            {"a/target/a.jar": "Main-Class: a", "b/target/b.jar": "Main-Class: b"},
            "b",
            "target/*.jar",
            "b/target/b.jar",
        ),
        (
            {"target/a.jar": "Main-Class: a", "target/b.jar": "Main-Class: b"},
            "",
            "target/b*.jar",
            "target/b.jar",
        ),
    ],
)
def test_the_jar_that_names_a_main_class_is_started(
    tmp_path: Path, jars: dict[str, str], module: str, artifact: str, expected: str
) -> None:
    for name, manifest in jars.items():
        jar(tmp_path / name, manifest)
    assert jar_start.command(tmp_path, module, artifact) == [
        "java",
        "-XX:MaxRAMPercentage=75",
        "-jar",
        expected,
    ]
    (tmp_path / "Procfile").write_text("web: java -cp target/classes hello.Main\n")
    assert jar_start.command(tmp_path, module, artifact)[:2] == ["bash", "-c"]


@pytest.mark.parametrize(
    ("jars", "said"),
    [
        ({}, "Maven left no target/*.jar"),
        ({"target/a.jar": ""}, "no main class is in target/a.jar: let the maven-jar-plugin write"),
        ({"a/target/a.jar": "Main-Class: a", "b/target/b.jar": "Main-Class: b"}, "BP_MAVEN_BUILT_MODULE"),
    ],
)
def test_a_java_application_that_nothing_starts_is_told_what_to_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], jars: dict[str, str], said: str
) -> None:
    for name, manifest in jars.items():
        jar(tmp_path / name, manifest)
    assert jar_start.main([str(tmp_path), "", "target/*.jar"]) == 1
    assert said in capsys.readouterr().err


def test_a_maven_wrapper_goes_before_maven_and_only_jars_stay(tmp_path: Path) -> None:
    app, programs = tmp_path / "app", tmp_path / "bin"
    jar(app / "ready.jar", "Main-Class: hello.Main")
    (app / "src").mkdir()
    (app / "src/Main.java").write_text("")
    (app / "mvnw").write_text('echo "$@" >../told; mkdir target; mv ready.jar target/shop.jar\n')
    programs.mkdir()
    (programs / "java").write_text("#!/bin/sh\necho openjdk 17\n")
    (programs / "java").chmod(0o755)
    built = run("java-maven", "build", app, tmp_path / "layers", PATH=f"{programs}:{os.environ['PATH']}")
    assert built.returncode == 0, built.stderr
    told = (tmp_path / "told").read_text()
    assert told.startswith("--batch-mode")
    assert told.endswith("-Dmaven.test.skip=true --no-transfer-progress package\n")
    assert [str(path.relative_to(app)) for path in app.rglob("*") if path.is_file()] == ["target/shop.jar"]
    assert not (app / "src").exists()
    (process,) = tomllib.loads((tmp_path / "layers/launch.toml").read_text())["processes"]
    assert process["command"][-1] == "target/shop.jar"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_process_web_of_a_procfile_is_started(tmp_path: Path, end: str) -> None:
    text = "test: prove\nweb:  exec ./serve \"$PORT\" 'x'\n"
    (tmp_path / "Procfile").write_text(text, newline=end)
    built = run("any", "build", tmp_path, tmp_path / "layers")
    assert built.returncode == 0, built.stderr
    (process,) = tomllib.loads((tmp_path / "layers/launch.toml").read_text())["processes"]
    assert process == {
        "type": "web",
        "command": ["bash", "-c", "exec ./serve \"$PORT\" 'x'"],
        "default": True,
    }


def test_a_procfile_without_web_is_told_what_to_add(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_text("worker: x\n")
    built = run("any", "build", tmp_path, tmp_path / "layers")
    assert built.returncode == 1
    assert "add a line such as web:" in built.stderr


def test_static_files_are_served_by_what_the_build_leaves(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("hello")
    built = run("static", "build", tmp_path, tmp_path / "layers")
    assert built.returncode == 0, built.stderr
    (process,) = tomllib.loads((tmp_path / "layers/launch.toml").read_text())["processes"]
    assert process["command"] == ["python3", str(tmp_path / "layers/server/serve.py"), "."]
    assert (tmp_path / "layers/server/serve.py").is_file()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    for name in ("index.html", "shop/index.html", "empty/x.txt", ".env", "shop/.git/config"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(serve.Files, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("path", ["/", "/index.html", "/shop/", "/empty/x.txt"])
def test_files_and_folders_with_a_page_are_served(site: str, path: str) -> None:
    with urllib.request.urlopen(site + path) as answer:
        assert answer.status == 200
        assert answer.read().decode() == (path.lstrip("/") + "index.html" if path.endswith("/") else path[1:])


@pytest.mark.parametrize(
    "path", ["/.env", "/%2eenv", "/shop/.git/config", "/empty/", "/absent", "/../../etc/passwd"]
)
def test_hidden_files_lists_and_what_is_outside_are_not(site: str, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(site + path)
    assert refused.value.code == 404
