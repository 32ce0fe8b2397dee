"""The languages of a folder of sources, and the files by which they are detected."""

from __future__ import annotations

from collections.abc import Collection

from pkgops.values import Value


class Language(Value):
    """A language by the label of its test task, and the files by which it is detected.

    ``lacking`` is why the cluster on this machine can neither test nor build it; empty where it can.
    """

    name: str
    title: str
    files: tuple[str, ...]
    lacking: str = ""

    @property
    def tested(self) -> bool:
        """Whether the cluster on this machine can test and build it."""
        return not self.lacking


LANGUAGES = (
    Language("golang", "Go", ("go.mod",)),
    Language("python", "Python", ("requirements.txt", "pyproject.toml", "Pipfile.lock")),
    Language("nodejs", "Node.js", ("package.json",)),
    Language("java-maven", "Java with Maven", ("pom.xml",)),
    Language(
        "java-gradle",
        "Java with Gradle",
        ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"),
        lacking="Debian's Gradle is 4.4, and what a wrapper fetches comes from no package registry",
    ),
    Language("any", "any process", ("Procfile",)),
    Language("static", "static files", ("index.html",)),
)
"""In the order in which they are searched for."""


def detect(names: Collection[str]) -> tuple[Language | None, str]:
    """Return the language of a folder by its file names, and the file by which it was detected."""
    for language in LANGUAGES:
        for marker in language.files:
            if marker in names:
                return language, marker
    return None, ""
