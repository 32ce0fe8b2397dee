"""The Python buildpack: what an application needs, how it starts, what is told where nothing says it."""

from __future__ import annotations

import datetime
import importlib.util
import os
import subprocess
import tomllib
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement

from pkgops.local.images.cnb import BUILDPACKS

FOLDER = BUILDPACKS / "python"
ALL = ("uvicorn", "gunicorn", "flask", "hypercorn", "waitress-serve")
FACTORY = "def create_app(test_config=None):\n    app = Flask(__name__)\n    return app\n"


def load(name: str) -> ModuleType:
    """Import a program of the buildpack, which is no part of a package."""
    spec = importlib.util.spec_from_file_location(f"buildpack_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


start, dependencies = load("start"), load("dependencies")


def folder_of(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        path = tmp_path / (name if "/" in name else name.replace("__", "/").replace("_py", ".py"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("files", "programs", "expected"),
    [
        (
            {"app_py": "from flask import Flask\napp = Flask('x')\n"},
            ALL,
            "exec gunicorn --bind 0.0.0.0:$PORT app:app",
        ),
        (
            {"app_py": "import flask\nshop = flask.Flask('x')\n"},
            ("flask",),
            "exec flask --app app:shop run --host 0.0.0.0 --port $PORT",
        ),
        (
            {"main_py": "app = FastAPI()\n"},
            ALL,
            "exec uvicorn --host 0.0.0.0 --port $PORT main:app",
        ),
        (
            {"main_py": "async def app(scope, receive, send): ...\n"},
            ("hypercorn",),
            "exec hypercorn --bind 0.0.0.0:$PORT main:app",
        ),
        (
            {"shop__wsgi_py": "application = get_wsgi_application()\n", "manage_py": "1\n"},
            ALL,
            "exec gunicorn --bind 0.0.0.0:$PORT shop.wsgi:application",
        ),
        (
            {"src__shop__app_py": "def web(environ, start_response): ...\n"},
            ("waitress-serve",),
            "exec waitress-serve --listen=0.0.0.0:$PORT shop.app:web",
        ),
        (
            {
                "shop__asgi_py": "application = get_asgi_application()\n",
                "shop__wsgi_py": "application = get_wsgi_application()\n",
                "manage_py": "1\n",
            },
            ("gunicorn",),
            "exec gunicorn --bind 0.0.0.0:$PORT shop.wsgi:application",
        ),
        (
            {"shop__wsgi_py": "application = get_wsgi_application()\n", "manage_py": "1\n"},
            (),
            "exec python3 manage.py runserver --noreload 0.0.0.0:$PORT",
        ),
        (
            {"shop/__init__.py": FACTORY},
            ("gunicorn",),
            "exec gunicorn --bind 0.0.0.0:$PORT 'shop:create_app()'",
        ),
        (
            {"src/shop/__init__.py": FACTORY},
            ("flask",),
            "exec flask --app shop:create_app run --host 0.0.0.0 --port $PORT",
        ),
        (
            {"main_py": "def make_app(debug=False):\n    return fastapi.FastAPI()\n"},
            ("uvicorn",),
            "exec uvicorn --host 0.0.0.0 --port $PORT --factory main:make_app",
        ),
        (
            {"app_py": f"{FACTORY}app = Flask('x')\n"},
            ("waitress-serve",),
            "exec waitress-serve --listen=0.0.0.0:$PORT app:app",
        ),
        (
            {"app_py": "def create_app(settings):\n    return Flask('x')\n", "main_py": "1\n"},
            ALL,
            "exec python3 main.py",
        ),
        (
            {"main_py": "app: FastAPI = FastAPI()\n"},
            ("uvicorn",),
            "exec uvicorn --host 0.0.0.0 --port $PORT main:app",
        ),
        ({"src/shop/__main__.py": "1\n", "tests/__main__.py": "1\n"}, ALL, "exec python3 -m shop"),
        (
            {"pyproject.toml": "[project.scripts]\nshop = 'shop.cli:main'\n", "src__shop__cli_py": "1\n"},
            ALL,
            "exec python3 -c 'import sys; from shop.cli import main; sys.exit(main())'",
        ),
        (
            {"pyproject.toml": "[tool.poetry.scripts]\nshop = 'shop:App.run'\n", "shop/__init__.py": "1\n"},
            ALL,
            "exec python3 -c 'import sys; from shop import App; sys.exit(App.run())'",
        ),
        ({"server_py": "print(1)\n"}, ALL, "exec python3 server.py"),
        ({"app_py": "app = (\n", "main_py": "print(1)\n"}, ALL, "exec python3 main.py"),
        (
            {"Procfile": "release: x\nweb:  gunicorn shop:app \n", "app_py": "app = Flask('x')\n"},
            (),
            "gunicorn shop:app",
        ),
    ],
)
def test_what_starts_it(
    tmp_path: Path, files: dict[str, str], programs: tuple[str, ...], expected: str
) -> None:
    assert start.command(folder_of(tmp_path, **files), programs) == expected


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"shop_py": "1\n"}, "add a Procfile"),
        ({"app_py": "app = FastAPI()\n"}, "add uvicorn or hypercorn"),
        ({"pyproject.toml": "[project.scripts]\na = 'a:a'\nb = 'b:b'\n"}, "several scripts (a, b)"),
    ],
)
def test_where_nothing_says_how_to_start_a_person_is_told_what_to_add(
    tmp_path: Path, files: dict[str, str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    assert start.main([str(folder_of(tmp_path, **files)), str(tmp_path / "bin")]) == 1
    assert told in capsys.readouterr().err


def test_what_is_printed_is_a_process_of_the_buildpack_interface(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bin").mkdir()
    folder = folder_of(tmp_path, Procfile='web: sh -c "echo $PORT"\n')
    assert start.main([str(folder), str(tmp_path / "bin")]) == 0
    (process,) = tomllib.loads(capsys.readouterr().out)["processes"]
    assert process == {"type": "web", "command": ["bash", "-c", 'sh -c "echo $PORT"'], "default": True}


def test_a_project_s_dependencies_come_with_the_versions_of_its_lock(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\ndependencies = ["flask>=3"]\n')
    (tmp_path / "uv.lock").write_text(
        '[[package]]\nname = "flask"\nversion = "3.0.1"\nsource = {registry = "r"}\n'
        '[[package]]\nname = "shop"\nversion = "1"\nsource = {virtual = "."}\n'
        '[[package]]\nname = "numpy"\nversion = "1"\n[[package]]\nname = "numpy"\nversion = "2"\n'
    )
    assert dependencies.requirements(tmp_path) == ["flask>=3"]
    assert dependencies.constraints(tmp_path) == ["flask==3.0.1"]
    (tmp_path / "requirements.txt").write_text("flask\n")
    assert dependencies.requirements(tmp_path) == [f"--requirement {tmp_path / 'requirements.txt'}"]
    assert dependencies.constraints(tmp_path) == []


def test_pipenv_s_lock_is_what_is_installed(tmp_path: Path) -> None:
    lock = '{"default": {"flask": {"version": "==3.0.1", "markers": "python_version > \'3\'"}}}'
    (tmp_path / "Pipfile.lock").write_text(lock)
    assert dependencies.requirements(tmp_path) == ["flask==3.0.1; python_version > '3'"]
    # What has the settings of tools alone stands beside it.
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    assert dependencies.requirements(tmp_path) == ["flask==3.0.1; python_version > '3'"]


POETRY = """
[tool.poetry.dependencies]
python = "^3.11"
flask = "^3.0"
Lamp = {version = "~0.4", extras = ["oil", "wick"], python = ">=3.8,<4"}
pinned = "1.2.3"
open = "*"
zero = "^0.0.3"
either = "^1 || ^2"
parts = [{version = "1.*", markers = "os_name == 'nt'"}, {version = ">= 2", markers = "os_name != 'nt'"}]
shelf = {git = "https://h/shelf.git", tag = "v1"}
sometimes = {version = "^1", optional = true}

[tool.poetry.group.dev.dependencies]
checks = "^8"

[tool.poetry.group.docs.dependencies]
pages = "^8"

[tool.poetry.dev-dependencies]
older = "^1.2"
"""
FROM_POETRY = [
    "flask>=3.0,<4",
    "Lamp[oil,wick]>=0.4,<0.5 ; python_full_version >= '3.8' and python_full_version < '4'",
    "pinned==1.2.3",
    "open",
    "zero>=0.0.3,<0.0.4",
    "either",
    "parts==1.* ; (os_name == 'nt')",
    "parts>=2 ; (os_name != 'nt')",
    "shelf @ git+https://h/shelf.git@v1",
]


def test_poetry_s_own_tables_are_what_is_installed_and_a_lock_pins_it(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(POETRY)
    assert dependencies.requirements(tmp_path) == FROM_POETRY
    for one in FROM_POETRY:
        Requirement(one)
    (tmp_path / "poetry.lock").write_text('[[package]]\nname = "flask"\nversion = "3.0.1"\n')
    assert dependencies.constraints(tmp_path) == ["flask==3.0.1"]


def test_dependencies_that_setuptools_reads_from_files_are_those_of_the_files(tmp_path: Path) -> None:
    named = 'dynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = ["base.txt"]}\n'
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "shop"\n{named}')
    keys = set()
    for text in ("flask\n", "django\n"):
        (tmp_path / "base.txt").write_text(text)
        wanted = dependencies.requirements(tmp_path)
        assert wanted == [f"--requirement {tmp_path / 'base.txt'}"]
        keys.add(dependencies.key(tmp_path, wanted, [], DAY))
    assert len(keys - {""}) == 2


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_files_that_begin_with_a_mark_of_their_encoding_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n", encoding=encoding)
    expected = dependencies.key(tmp_path, [], [], DAY)
    (tmp_path / "requirements.txt").write_text("flask\n")
    assert dependencies.key(tmp_path, [], [], DAY) == expected
    (tmp_path / "requirements.txt").unlink()
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["flask"]\n', encoding=encoding)
    assert dependencies.requirements(tmp_path) == ["flask"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.ruff]\n", "no table [project]"),
        ('[project]\nname = "shop"\ndynamic = ["dependencies"]\n', "are dynamic: name them in [project]"),
    ],
)
def test_a_project_that_does_not_name_its_dependencies_is_told_what_to_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert dependencies.main([str(tmp_path), str(tmp_path)]) == 1
    assert told in capsys.readouterr().err


DAY = datetime.date(2026, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "flask\n",
        "flask[async]>=3, <4 ; python_version > '3'  # why\n\n",
        "flask==3.1 \\\n    --hash=sha256:0\n",
        "",
    ],
)
def test_an_installation_is_known_again_by_requirements_that_name_all(tmp_path: Path, text: str) -> None:
    (tmp_path / "requirements.txt").write_text(text)
    found = dependencies.key(tmp_path, [], [], DAY)
    assert found
    assert found == dependencies.key(tmp_path, [], [], DAY)
    (tmp_path / "requirements.txt").write_text(f"{text}django\n")
    assert found != dependencies.key(tmp_path, [], [], DAY)


def test_locked_versions_and_the_day_count_too(tmp_path: Path) -> None:
    tomorrow = DAY + datetime.timedelta(days=1)
    found = {
        dependencies.key(tmp_path, ["flask"], pinned, day)
        for pinned in (["flask==1"], ["flask==2"])
        for day in (DAY, tomorrow)
    }
    assert len(found) == 4


@pytest.mark.parametrize(
    "line",
    [
        "-r https://h/other.txt",
        "-e .",
        "./wheels/x.whl",
        "x @ git+https://h/x",
        "x@file:///x",
        "--index-url https://h",
        "/x",
    ],
)
def test_what_may_change_under_the_same_words_is_installed_each_time(tmp_path: Path, line: str) -> None:
    (tmp_path / "requirements.txt").write_text(f"flask\n{line}\n")
    assert dependencies.key(tmp_path, [], [], DAY) == ""


def test_what_a_file_of_requirements_names_is_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("flask\n-r more/base.txt\n")
    (tmp_path / "more").mkdir()
    found = set()
    for text in ("gunicorn\n", "waitress\n", "-c ../requirements.txt\n"):
        (tmp_path / "more/base.txt").write_text(text)
        found.add(dependencies.key(tmp_path, [], [], DAY))
    assert len(found) == 3
    assert "" not in found
    (tmp_path / "more/base.txt").write_text("./wheels/x.whl\n")
    assert dependencies.key(tmp_path, [], [], DAY) == ""


@pytest.mark.parametrize("broken", ["pyproject.toml", "uv.lock", "Pipfile.lock"])
def test_a_malformed_file_is_named_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    if broken == "uv.lock":
        (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    (tmp_path / broken).write_text("[project\n")
    assert dependencies.main([str(tmp_path), str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert f"cannot tell what this application needs: {broken}: " in told
    assert "line 1" in told


@pytest.mark.parametrize(
    ("marker", "code"), [("requirements.txt", 0), ("pyproject.toml", 0), ("go.mod", 100)]
)
def test_detection_claims_what_pip_can_install(tmp_path: Path, marker: str, code: int) -> None:
    (tmp_path / marker).write_text("")
    env = {**os.environ, "CNB_BUILD_PLAN_PATH": str(tmp_path / "plan.toml")}
    done = subprocess.run(
        [FOLDER / "bin" / "detect"], cwd=tmp_path, env=env, capture_output=True, check=False
    )
    assert done.returncode == code
    if code == 0:
        plan = tomllib.loads((tmp_path / "plan.toml").read_text())
        assert plan == {"provides": [{"name": "python"}], "requires": [{"name": "python"}]}
