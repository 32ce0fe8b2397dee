"""How a Python application is started: its Procfile, else the server for the application object in it."""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

MODULES = ("asgi", "wsgi", "app", "main", "application", "server")
"""Where an application object is looked for, in this order; in the folder, then in packages below it."""
ASGI = frozenset({"FastAPI", "Starlette", "Quart", "Litestar", "get_asgi_application"})
WSGI = frozenset({"Flask", "Bottle", "get_wsgi_application"})
SCRIPTS = ("main.py", "app.py", "server.py", "__main__.py")
SERVERS = {
    "asgi": (
        ("uvicorn", "uvicorn --host 0.0.0.0 --port $PORT {}"),
        ("hypercorn", "hypercorn --bind 0.0.0.0:$PORT {}"),
    ),
    "wsgi": (
        ("gunicorn", "gunicorn --bind 0.0.0.0:$PORT {}"),
        ("waitress-serve", "waitress-serve --listen=0.0.0.0:$PORT {}"),
        ("flask", "flask --app {} run --host 0.0.0.0 --port $PORT"),
    ),
}
"""By interface: programs, the first that is installed is taken, and how it is called."""


class Unknown(Exception):
    """Nothing says how to start; the text tells a person what to add."""


class Found(NamedTuple):
    """An application object: its interface, and ``module:name``."""

    interface: str
    where: str


def command(folder: Path, programs: Collection[str]) -> str:
    """Return the shell command that starts the application.

    Args:
        folder: of the application.
        programs: the names of the programs that its dependencies brought.

    Raises:
        Unknown: nothing says it.
    """
    declared = procfile(folder).get("web")
    if declared:
        return declared
    found = next(application_objects(folder), None)
    if found is not None:
        return f"exec {_serve(found, programs)}"
    script = next((name for name in SCRIPTS if (folder / name).is_file()), None)
    if script is None:
        raise Unknown(
            f"there is no Procfile, no application object in {', '.join(f'{name}.py' for name in MODULES)},"
            f" and none of {', '.join(SCRIPTS)}; add a Procfile with a line such as"
            " web: gunicorn --bind 0.0.0.0:$PORT shop:app"
        )
    return f"exec python3 {script}"


def procfile(folder: Path) -> dict[str, str]:
    """Return the processes of a Procfile, by name; none where there is no such file."""
    path = folder / "Procfile"
    text = path.read_text() if path.is_file() else ""
    return dict(re.findall(r"^([A-Za-z0-9_-]+):[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE))


def application_objects(folder: Path) -> Iterator[Found]:
    """Yield the objects that a server can serve; files that are not Python are passed over."""
    for path in _candidates(folder):
        try:
            tree = ast.parse(path.read_text())
        except (SyntaxError, ValueError):
            continue
        parts = path.relative_to(folder).with_suffix("").parts
        module = ".".join(parts[1:] if parts[0] == "src" else parts)
        for statement in tree.body:
            interface, name = _interface(statement)
            if interface:
                yield Found(interface, f"{module}:{name}")


def _candidates(folder: Path) -> Iterator[Path]:
    for name in MODULES:
        for pattern in (f"{name}.py", f"*/{name}.py", f"src/*/{name}.py"):
            yield from sorted(folder.glob(pattern))


def _interface(statement: ast.stmt) -> tuple[str, str]:
    """Return which interface a statement defines an application object for, and its name."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = [one.arg for one in statement.args.args]
        if arguments == ["scope", "receive", "send"]:
            return "asgi", statement.name
        return ("wsgi", statement.name) if arguments == ["environ", "start_response"] else ("", "")
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    target = targets[0] if len(targets) == 1 else None
    value = statement.value if isinstance(statement, ast.Assign) else None
    if not isinstance(target, ast.Name) or not isinstance(value, ast.Call):
        return "", ""
    called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    return ("asgi" if called in ASGI else "wsgi" if called in WSGI else ""), target.id


def _serve(found: Found, programs: Collection[str]) -> str:
    for program, call in SERVERS[found.interface]:
        if program in programs:
            return call.format(found.where)
    names = " or ".join(program for program, _ in SERVERS[found.interface][:2])
    raise Unknown(f"{found.where} needs a server: add {names} to the dependencies, or a Procfile")


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
