"""The next step: for the same workload, and never the same command that has just failed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pkgops.cli import registry

PROGRAM = "pkgops"
_FIRST = re.compile(r"[,;]\s*(?:or\s+|then\s+)?|\s+or\s+(?=pkgops\b)|\s+(?:again|lets|shows|then)\b")
_TAKE_NAME = (
    "promote", "rollback", "gates", "diff", "deliver", "verify", "why", "history", "wait", "logs", "rerun",
)  # fmt: skip
_NAMELESS = re.compile(
    rf"\b{PROGRAM} ({'|'.join(_TAKE_NAME)})(?= --|$|[;,]| (?:again|lets|pins|prints|says|shows)\b)"
)
_BEFORE_NAME = (*_TAKE_NAME, "up", "open", "clean", "status")
_ON_CLUSTERS = (registry.PIPELINE, registry.UNDERSTAND)


def other(step: str, argv: Sequence[str]) -> str:
    """Return ``step``, or another one where it begins with the command that was run as ``argv``.

    A step with more words (a name, an option, another value) is another command. Fewer options make no
    difference: the longer command has tried the same. The name of the workload is added where the command
        that
    was run had one.
    """
    step = _about_the_same(step, argv)
    if not _repeats(step, argv):
        return step
    found = _FIRST.search(step)
    rest = step[found.end() :].strip() if found and found.group()[0] in ",; " else ""
    if rest and not _repeats(rest, argv) and _is_text(found.group() if found else ""):
        return rest
    return next(one for one in _instead(argv[0]) if not _repeats(one, argv))


def _about_the_same(step: str, argv: Sequence[str]) -> str:
    names = [word for word in argv[1:3] if not word.startswith("-")]
    if names and argv[0] in _BEFORE_NAME and list(argv[1:2]) == names:
        return _NAMELESS.sub(lambda found: f"{found.group()} {names[0]}", step)
    return step


def _instead(command: str) -> Iterator[str]:
    """Yield other steps: commands that read the pipeline, where the command works on it."""
    entry = registry.BY_NAME.get(command)
    if entry is not None and entry.heading in _ON_CLUSTERS:
        yield from ("pkgops why", "pkgops doctor")
    yield from (f"pkgops {command} --help", "pkgops --help")


def _repeats(step: str, argv: Sequence[str]) -> bool:
    """Return whether a step begins with the command of ``argv`` and adds no argument to it."""
    words = _FIRST.split(step, maxsplit=1)[0].split()
    if not words or words[0] != PROGRAM:
        return False
    given = {part for word in argv for part in (word, *word.split("=", 1))}
    return bool(argv) and words[1:2] == [argv[0]] and set(words[2:]) <= given


def _is_text(divider: str) -> bool:
    return divider.lstrip()[:1] in {",", ";"} or "or" in divider.split()
