"""The error for a folder without a language that can be tested and built. Pure."""

from __future__ import annotations

from collections.abc import Collection
from fnmatch import fnmatch
from pathlib import Path

MARKED_BY = {
    ".go": "go mod init {name} makes it Go",
    ".py": "a file requirements.txt, which may be empty, makes it Python",
    ".js": "npm init -y makes it Node.js",
    ".mjs": "npm init -y makes it Node.js",
    ".java": "a file pom.xml makes it Java",
    ".html": "a file index.html makes it static files",
}
"""The next step for sources of a language, by their suffix, without the file by which it is detected."""

OTHERS = {
    "Gemfile": "Ruby",
    "composer.json": "PHP",
    "Cargo.toml": "Rust",
    "*.csproj": ".NET",
    "*.fsproj": ".NET",
    "*.sln": ".NET",
    "deno.json*": "Deno",
    "mix.exs": "Elixir",
    "build.sbt": "Scala",
}
"""Languages of published builders, by the file by which they are detected."""

IMAGE_FILES = ("Dockerfile", "Containerfile")
ANYTHING = (
    "add the file that shows its language, or a Procfile with a line web: COMMAND, which starts anything; or "
    "name another folder"
)


def shown(names: Collection[str]) -> list[str]:
    """Return a sentence for each file that shows a language or image that is not supported here."""
    lines = [
        f"{name} shows {language}, for which this machine has neither tests nor a builder"
        for name, language in _others(names)
    ]
    return lines + [
        f"a {name} is not read: buildpacks make the image" for name in IMAGE_FILES if name in names
    ]


def next_step(names: Collection[str], application: str) -> str:
    """Return the next step for a folder with files of these names."""
    for _, language in _others(names):
        return (
            f"name a published builder for {language} in build.builder.image, and add a Procfile with a line "
            "web: COMMAND; or name a team's cluster with --context"
        )
    suffixes = {Path(name).suffix for name in names}
    nearest = next((words for suffix, words in MARKED_BY.items() if suffix in suffixes), "")
    step = f"{nearest.format(name=application)}; or {ANYTHING}" if nearest else ANYTHING
    if nearest or not set(IMAGE_FILES) & set(names):
        return step
    return f"write what its CMD runs into a Procfile, as web: COMMAND; or {ANYTHING}"


def _others(names: Collection[str]) -> list[tuple[str, str]]:
    return [
        (name, language)
        for pattern, language in OTHERS.items()
        for name in sorted(names)
        if fnmatch(name, pattern)
    ][:1]
