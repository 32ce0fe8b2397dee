"""How a Java application is started: its Procfile, else the jar whose manifest names a main class."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from pathlib import Path

MANIFEST = "META-INF/MANIFEST.MF"


class Unknown(Exception):
    """No start command was found; the text contains what to add."""


def command(folder: Path, module: str, artifact: str) -> list[str]:
    """Return the command that starts the application.

    Args:
        folder: where Maven was run.
        module: the folder of the application's module; empty for the folder itself.
        artifact: a pattern for the jar, relative to the module.

    Raises:
        Unknown: none was found, or several jars have a main class.
    """
    path = folder / "Procfile"
    declared = re.search(
        r"^web:[ \t]*(\S.*?)[ \t]*$", path.read_text() if path.is_file() else "", re.MULTILINE
    )
    if declared:
        return ["bash", "-c", declared[1]]
    jars = sorted((folder / module).glob(artifact))
    if not (module or jars):
        jars = sorted(folder.glob(f"*/{artifact}"))
    runnable = [jar for jar in jars if main_class(jar)]
    names = [str(jar.relative_to(folder)) for jar in runnable or jars]
    if len(runnable) == 1:
        return ["java", "-XX:MaxRAMPercentage=75", "-jar", names[0]]
    if runnable:
        raise Unknown(
            f"several jars have a main class ({', '.join(names)}): name the module with"
            " BP_MAVEN_BUILT_MODULE in build.env, or the jar with BP_MAVEN_BUILT_ARTIFACT"
        )
    found = f"no main class is in {', '.join(names)}" if names else f"Maven left no {artifact}"
    raise Unknown(
        f"{found}: let the maven-jar-plugin write a mainClass into the manifest (maven-shade-plugin or"
        " spring-boot-maven-plugin where it has dependencies), or add a Procfile with a line such as"
        " web: java -cp 'target/classes:lib/*' shop.Main"
    )


def main_class(jar: Path) -> str:
    """Return the main class that a jar's manifest names; empty where it names none."""
    try:
        with zipfile.ZipFile(jar) as opened:
            manifest = opened.read(MANIFEST).decode()
    except (KeyError, OSError, zipfile.BadZipFile):
        return ""
    # Lines are cut after 72 bytes, and go on after a blank.
    whole = re.sub(r"\r?\n ", "", manifest)
    found = re.search(r"^Main-Class:[ \t]*(\S+)", whole, re.MULTILINE)
    return found[1] if found else ""


def main(argv: list[str]) -> int:
    """Print the launch.toml of a folder."""
    try:
        words = json.dumps(command(Path(argv[0]), argv[1], argv[2]))
    except Unknown as error:
        print(f"cannot tell how to start this application: {error}", file=sys.stderr)
        return 1
    print(f"starts with: {words}", file=sys.stderr)
    print(f'[[processes]]\ntype = "web"\ncommand = {words}\ndefault = true')
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
