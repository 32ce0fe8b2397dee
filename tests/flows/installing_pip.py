"""``pip install`` for tests of what a step does around it: it unpacks wheels of a folder, and checks nothing.

Run as ``python3 installing_pip.py --python PYTHON install … --requirement FILE``, with ``PIP_FIND_LINKS``.
The real pip takes a second for each run; the tests of what it reads itself run that.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path


def wheels(file: Path, links: Path) -> Iterator[Path]:
    """Yield the wheels that a requirement file asks for, by name or by path."""
    for line in file.read_text().splitlines():
        asked = line.partition("#")[0].strip()
        option = re.fullmatch(r"(?:-r|--requirement)\s+(.+)", asked)
        if option is not None:
            yield from wheels(file.parent / option[1], links)
        elif asked.endswith(".whl"):
            yield file.parent / asked
        elif asked and not asked.startswith("-"):
            name = re.split(r"[^\w.-]", asked)[0]
            found = sorted(links.glob(f"{name}-*.whl"))
            if not found:
                sys.exit(f"ERROR: No matching distribution found for {name}")
            yield found[-1]


def main() -> None:
    """Install what each ``--requirement`` asks for into the virtual environment of ``--python``."""
    words = sys.argv[1:]
    python = Path(words[words.index("--python") + 1])
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    for at, word in enumerate(words):
        if word == "--requirement":
            for wheel in wheels(Path(words[at + 1]), Path(os.environ["PIP_FIND_LINKS"])):
                zipfile.ZipFile(wheel).extractall(packages)


main()
