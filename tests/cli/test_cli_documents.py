"""README and docs name no command and no option that does not exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pkgops.cli import lazy, registry

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    page.relative_to(ROOT)
    for page in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md"))
    if "reference" not in page.parts
)
FENCED = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# Where a command begins in a line of shell, and where it ends.
BEGIN = re.compile(
    r"(?:^\s*|[(\"]|[|;&$] |\b(?:sudo|-E|kubectl|while|until|if) |=\S+ )(?:\./|bin/)*pkgops (?=[a-z-])"
)
END = re.compile(r"[|;&>)]")
EXAMPLE = re.compile(r"[<…\[]|\.\.\.")


def commands(text):
    """Yield the words after ``pkgops`` of everything that a page shows as a command."""
    fenced = "\n".join(FENCED.findall(text)).replace("\\\n", " ")
    for line in [*fenced.splitlines(), *INLINE.findall(FENCED.sub("", text))]:
        for begin in BEGIN.finditer(line.partition(" # ")[0]):
            yield _words(line[begin.end() :])


def _words(text):
    shown = END.split(text)[0]
    try:
        words = shlex.split(shown, comments=True)
    except ValueError:
        words = shown.split()
    # `-f values.yaml ...` and `<name>` stand for words of the reader.
    return [word for word in words if not EXAMPLE.search(word)]


def problem(words):
    """Say which word is no command or option, empty if all are."""
    if not words or words[0].startswith("-"):
        return (
            "" if set(words) <= {"--help", "-h", "--install-completion", "--show-completion"} else str(words)
        )
    entry = registry.BY_NAME.get(words[0])
    if entry is None:
        return f"no command {words[0]}"
    command, rest = lazy.load(entry), words[1:]
    while getattr(command, "commands", None) and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return f"no command {rest[0]} below {command.name}"
        command, rest = command.commands[rest[0]], rest[1:]
    if command.context_settings.get("ignore_unknown_options"):
        return ""
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
    given = [word.partition("=")[0] for word in rest if word.startswith("-") and word != "-"]
    unknown = [word for word in given if word not in known | {"-h", "--help"}]
    return f"{' '.join(words)}: no option {unknown[0]}" if unknown else ""


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_on_the_page_exists(page):
    assert [told for words in commands((ROOT / page).read_text()) if (told := problem(words))] == []


def test_the_pages_are_read_at_all():
    found = [words for page in PAGES for words in commands((ROOT / page).read_text())]
    assert len(found) > 80
    assert {words[0] for words in found if words} > {"up", "status", "promote", "clean", "local", "why"}


@pytest.mark.parametrize("words", ["nope", "local nope", "up --nope", "logs --follow-me"])
def test_what_does_not_exist_is_found(words):
    assert problem(words.split())
