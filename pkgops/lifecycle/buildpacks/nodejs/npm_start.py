"""How a Node.js application is started: its Procfile, else its script "start", else its main file."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


class Unknown(Exception):
    """Nothing says how to start; the text tells a person what to add."""


def command(folder: Path) -> list[str]:
    """Return the command that starts the application.

    Raises:
        Unknown: nothing says it.
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
        # Straight to the process, so that it gets the signals; npm only where it has more to do.
        around = {"prestart", "poststart"} & set(scripts)
        return ["npm", "start"] if around else ["bash", "-c", str(scripts["start"])]
    main = next(
        (name for name in (package.get("main"), "server.js") if name and (folder / name).is_file()), None
    )
    if main is None:
        raise Unknown(
            'add a script "start" to package.json, or a Procfile with a line such as web: node shop.js'
        )
    return ["node", str(main)]


def main(argv: list[str]) -> int:
    """Print the launch.toml of a folder."""
    try:
        words = json.dumps(command(Path(argv[0])))
    except (Unknown, ValueError) as error:
        print(f"cannot tell how to start this application: {error}", file=sys.stderr)
        return 1
    print(f"starts with: {words}", file=sys.stderr)
    print(f'[[processes]]\ntype = "web"\ncommand = {words}\ndefault = true')
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
