"""How a Python application is started: its Procfile, else the server for the application object in it."""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

MODULES = ("asgi", "wsgi", "app", "main", "application", "server")
"""The modules searched for an application object, in this order; in the folder, then in packages below it."""
ASGI = frozenset({"FastAPI", "Starlette", "Quart", "Litestar", "get_asgi_application"})
WSGI = frozenset({"Flask", "Bottle", "get_wsgi_application"})
FACTORIES = ("create_app", "make_app")
"""Functions that return the application object, by the names that Flask's own server supports."""
NO_PACKAGES = frozenset({"docs", "test", "tests"})
SCRIPTS = ("main.py", "app.py", "server.py", "__main__.py")
SERVERS = {
    "asgi": (
        (
            "uvicorn",
            "uvicorn --host 0.0.0.0 --port $PORT {}",
            "uvicorn --host 0.0.0.0 --port $PORT --factory {}",
        ),
        ("hypercorn", "hypercorn --bind 0.0.0.0:$PORT {}", "hypercorn --bind 0.0.0.0:$PORT '{}()'"),
    ),
    "wsgi": (
        ("gunicorn", "gunicorn --bind 0.0.0.0:$PORT {}", "gunicorn --bind 0.0.0.0:$PORT '{}()'"),
        (
            "waitress-serve",
            "waitress-serve --listen=0.0.0.0:$PORT {}",
            "waitress-serve --listen=0.0.0.0:$PORT --call {}",
        ),
        (
            "flask",
            "flask --app {} run --host 0.0.0.0 --port $PORT",
            "flask --app {} run --host 0.0.0.0 --port $PORT",
        ),
    ),
}
"""By interface: programs, the first that is installed is taken; its call for an object and for a factory."""


class Unknown(Exception):
    """No start command was found; the text contains what to add."""


class Found(NamedTuple):
    """An application object: its interface, and ``module:name``; ``factory``: a function that makes it."""

    interface: str
    where: str
    factory: bool = False


def command(folder: Path, programs: Collection[str]) -> str:
    """Return the shell command that starts the application.

    Args:
        folder: of the application.
        programs: the names of the programs that its dependencies installed.

    Raises:
        Unknown: none was found.
    """
    declared = procfile(folder).get("web")
    if declared:
        return declared
    found = list(application_objects(folder))
    # Django writes an object for each interface, and usually one server is installed.
    served = next((words for one in found if (words := _served(one, programs))), "")
    if served:
        return f"exec {served}"
    if (folder / "manage.py").is_file():
        return "exec python3 manage.py runserver --noreload 0.0.0.0:$PORT"
    if found:
        names = " or ".join(program for program, *_ in SERVERS[found[0].interface][:2])
        raise Unknown(f"{found[0].where} needs a server: add {names} to the dependencies, or a Procfile")
    return f"exec {_script(folder)}"


def _script(folder: Path) -> str:
    script = next((name for name in SCRIPTS if (folder / name).is_file()), None)
    if script is not None:
        return f"python3 {script}"
    packages = [path.parent.name for path in _below(folder, "__main__.py")]
    if packages:
        return f"python3 -m {packages[0]}"
    declared = _declared(folder)
    if len(declared) > 1:
        raise Unknown(
            f"pyproject.toml has several scripts ({', '.join(declared)}): add a Procfile with a line such as"
            " web: python3 -m shop"
        )
    for entry in declared.values():
        module, _, name = re.sub(r"\s*\[.*", "", entry).partition(":")
        first = name.split(".")[0]
        return f"python3 -c 'import sys; from {module} import {first}; sys.exit({name}())'"
    raise Unknown(
        f"there is no Procfile, no application object in {', '.join(f'{name}.py' for name in MODULES)}"
        f" or the __init__.py of a package, none of {', '.join(SCRIPTS)}, and pyproject.toml has no script;"
        " add a Procfile with a line such as web: gunicorn --bind 0.0.0.0:$PORT shop:app"
    )


def _declared(folder: Path) -> dict[str, str]:
    """Return the scripts of pyproject.toml by name: their ``module:function``."""
    path = folder / "pyproject.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8-sig")) if path.is_file() else {}
    tables = (document.get("project", {}), document.get("tool", {}).get("poetry", {}))
    return next((dict(one["scripts"]) for one in tables if one.get("scripts")), {})


def procfile(folder: Path) -> dict[str, str]:
    """Return the processes of a Procfile, by name; none where there is no such file."""
    path = folder / "Procfile"
    text = path.read_text() if path.is_file() else ""
    return dict(re.findall(r"^([A-Za-z0-9_-]+):[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE))


def application_objects(folder: Path) -> Iterator[Found]:
    """Yield the objects that a server can serve; files that are not Python are skipped."""
    for path in _candidates(folder):
        try:
            tree = ast.parse(path.read_text())
        except (SyntaxError, ValueError):
            continue
        parts = path.relative_to(folder).with_suffix("").parts
        parts = parts[1:] if parts[0] == "src" else parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found = [Found(*one) for statement in tree.body if (one := _object(statement, module))]
        # A module with an object may have the function that makes it as well.
        yield from sorted(found, key=lambda one: one.factory)


def _candidates(folder: Path) -> Iterator[Path]:
    for name in MODULES:
        yield from folder.glob(f"{name}.py")
        yield from _below(folder, f"{name}.py")
    yield from _below(folder, "__init__.py")


def _below(folder: Path, name: str) -> Iterator[Path]:
    """Yield the files of a name in the packages of a folder."""
    for pattern in (f"*/{name}", f"src/*/{name}"):
        found = sorted(folder.glob(pattern))
        yield from (
            path for path in found if path.parent.name not in NO_PACKAGES and path.parent != folder / "src"
        )


def _object(statement: ast.stmt, module: str) -> tuple[str, str, bool] | None:
    """Return the interface, the place and the kind of the application object that a statement defines."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        interface, factory = _function(statement)
        name = statement.name
    else:
        interface, name = _assigned(statement)
        factory = False
    return (interface, f"{module}:{name}", factory) if interface else None


def _function(statement: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, bool]:
    """Return the interface of a function, and whether the object that it returns has it instead of itself."""
    arguments = [one.arg for one in statement.args.args]
    if arguments == ["scope", "receive", "send"]:
        return "asgi", False
    if arguments == ["environ", "start_response"]:
        return "wsgi", False
    if statement.name not in FACTORIES or len(arguments) > len(statement.args.defaults):
        return "", False
    calls = (_called(one) for one in ast.walk(statement) if isinstance(one, ast.Call))
    return next((one for one in calls if one), ""), True


def _assigned(statement: ast.stmt) -> tuple[str, str]:
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target]
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return "", ""
    target, value = targets[0], statement.value
    if len(targets) != 1 or not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
        return "", ""
    return _called(value), target.id


def _called(call: ast.Call) -> str:
    """Return the interface of the object that a call returns; empty where it is not an application object."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return "asgi" if name in ASGI else "wsgi" if name in WSGI else ""


def _served(found: Found, programs: Collection[str]) -> str:
    """Return the command of the first server that is installed; empty where none is."""
    for program, for_object, for_factory in SERVERS[found.interface]:
        if program in programs:
            return (for_factory if found.factory else for_object).format(found.where)
    return ""


def main(argv: list[str]) -> int:
    """Print the launch.toml of a folder; the second argument is the folder of installed programs."""
    try:
        wanted = command(Path(argv[0]), {path.name for path in Path(argv[1]).iterdir()})
    except Unknown as error:
        print(f"cannot tell how to start this application: {error}", file=sys.stderr)
        return 1
    print(f"starts with: {wanted}", file=sys.stderr)
    words = json.dumps(["bash", "-c", wanted])
    print(f'[[processes]]\ntype = "web"\ncommand = {words}\ndefault = true')
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
