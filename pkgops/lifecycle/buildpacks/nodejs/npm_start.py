"""How a Node.js application is started: by its Procfile, its script "start", its main file, or as a page.

A page is the output of the script "build" of a project that has nothing to start: its files are served.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

PAGES = (
    "dist/index.html", "build/index.html", "out/index.html", "dist/*/index.html", "dist/*/browser/index.html",
)  # fmt: skip
"""The output folders of common tools: Vite, Create React App, Next.js, Angular of several versions."""


class Unknown(Exception):
    """No start command was found; the text contains what to add."""


def command(folder: Path, server: str) -> list[str]:
    """Return the command that starts the application.

    Args:
        folder: the application, after its build.
        server: the program that serves a page.

    Raises:
        Unknown: none was found.
    """
    path = folder / "Procfile"
    declared = re.search(
        r"^web:[ \t]*(\S.*?)[ \t]*$", path.read_text() if path.is_file() else "", re.MULTILINE
    )
    if declared:
        return ["bash", "-c", declared[1]]
    package = json.loads((folder / "package.json").read_text())
    scripts = package.get("scripts") or {}
    if "start" in scripts:
        # Directly, so that the process gets the signals; by npm only where it has more to do.
        around = {"prestart", "poststart"} & set(scripts)
        return ["npm", "start"] if around else ["bash", "-c", str(scripts["start"])]
    main = next(
        (name for name in (package.get("main"), "server.js") if name and (folder / name).is_file()), None
    )
    if main is not None:
        return ["node", str(main)]
    if "build" in scripts and (page := _page(folder)):
        return ["node", server, page]
    raise Unknown('add a script "start" to package.json, or a Procfile with a line such as web: node shop.js')


def _page(folder: Path) -> str:
    """Return the folder of the only page in the folders of the tools; empty for none or several."""
    for pattern in PAGES:
        found = sorted(folder.glob(pattern))
        if found:
            return found[0].parent.relative_to(folder).as_posix() if len(found) == 1 else ""
    return ""


def main(argv: list[str]) -> int:
    """Print the launch.toml of a folder."""
    try:
        words = json.dumps(command(Path(argv[0]), argv[1]))
    except (Unknown, ValueError) as error:
        print(f"cannot tell how to start this application: {error}", file=sys.stderr)
        return 1
    print(f"starts with: {words}", file=sys.stderr)
    print(f'[[processes]]\ntype = "web"\ncommand = {words}\ndefault = true')
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
