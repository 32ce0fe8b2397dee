"""The flags of ``pkgops ytt``: their table, and a parser for them that needs no library.

Rendering takes milliseconds, so that importing a parser of command lines would be most of the time. The
parser here knows the forms of the ytt program's flags; everything else (help, mistakes) it leaves to typer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

TEXTS, TEXT, SWITCH, SECONDS, NUMBER = "texts", "text", "switch", "seconds", "number"
_BOOLEANS = {
    **dict.fromkeys(["1", "t", "T", "true", "True", "TRUE"], True),
    **dict.fromkeys(["0", "f", "F", "false", "False", "FALSE"], False),
}


class Flag(NamedTuple):
    """One flag.

    Attributes:
        name: without its dashes.
        kind: TEXTS may be given several times; a SWITCH needs no value.
        help: one line.
        default: its value where it is not given.
        short: its letter, if it has one.
    """

    name: str
    kind: str
    help: str
    default: Any
    short: str = ""

    @property
    def key(self) -> str:
        """The name under which :func:`parse` returns the value."""
        return self.name.replace("-", "_")


def _texts(name: str, help: str, short: str = "") -> Flag:
    return Flag(name, TEXTS, help, None, short)


def _text(name: str, help: str) -> Flag:
    return Flag(name, TEXT, help, "")


def _switch(name: str, help: str, short: str = "") -> Flag:
    return Flag(name, SWITCH, help, False, short)


FLAGS = (
    _texts("file", "File, directory, - for standard input, or name=path.", "f"),
    _texts("data-value", "Set a data value to a string: key=text.", "v"),
    _texts("data-value-yaml", "Set a data value to YAML."),
    _texts("data-value-file", "Set it to a file's content."),
    _texts("data-values-file", "Plain YAML with data values."),
    _texts("data-values-env", "Prefix of variables: strings."),
    _texts("data-values-env-yaml", "Prefix: YAML."),
    _switch("data-values-inspect", "Print the data values."),
    _switch("data-values-schema-inspect", "Print the schema (with -o openapi-v3)."),
    _switch("dangerous-data-values-disable-validation", "Skip validation rules."),
    _texts("file-mark", "Change how files are used: glob:key=value."),
    _switch("files-inspect", "Print the files that are used."),
    _texts("output", "yaml, json, pos, openapi-v3.", "o"),
    _text("output-files", "Write results to this directory."),
    _text("dangerous-emptied-output-directory", "The same, after deleting it."),
    _switch("ignore-unknown-comments", "Allow # comments."),
    _switch("implicit-map-key-overrides", "Allow a key twice in a map."),
    _switch("strict", "Refuse ambiguous YAML.", "s"),
    _texts("allow-symlink-destination", "Where links in directories may lead."),
    _switch("dangerous-allow-all-symlink-destinations", "Follow all links."),
    _text("bulk-in", "Files as JSON instead of -f."),
    _switch("bulk-out", "Print results as JSON."),
    Flag("max-seconds", SECONDS, "Stop templates after this time.", 30.0),
    Flag("max-memory", NUMBER, "Stop templates at this memory, in MiB.", 512),
    _text("ytt", "Use this ytt program instead."),
)
_BY_NAME = {f"--{flag.name}": flag for flag in FLAGS} | {
    f"-{flag.short}": flag for flag in FLAGS if flag.short
}


class _UnknownForm(ValueError):
    """These arguments are not flags in the forms known here."""


def parse(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return the values of all flags by key; None for arguments that need typer: help, or a mistake."""
    values: dict[str, Any] = {flag.key: flag.default for flag in FLAGS}
    rest = iter(arguments)
    try:
        for argument in rest:
            _take(argument, rest, values)
    except ValueError:
        return None
    return values


def _take(argument: str, rest: Iterator[str], values: dict[str, Any]) -> None:
    name, equals, text = _split(argument)
    flag = _BY_NAME.get(name)
    if flag is None:
        raise _UnknownForm(argument)
    if flag.kind == SWITCH:
        if equals and text not in _BOOLEANS:
            raise _UnknownForm(argument)
        values[flag.key] = _BOOLEANS[text] if equals else True
        return
    if not equals:
        following = next(rest, None)
        if following is None:
            raise _UnknownForm(argument)
        text = following
    _set(flag, text, values)


def _split(argument: str) -> tuple[str, bool, str]:
    """Take ``--name=text``, ``-ntext`` and ``-n=text`` apart."""
    if argument.startswith("--"):
        name, equals, text = argument.partition("=")
        return name, bool(equals), text
    name, text = argument[:2], argument[2:]
    return name, bool(text), text.removeprefix("=")


def _set(flag: Flag, text: str, values: dict[str, Any]) -> None:
    if flag.kind == TEXTS:
        values[flag.key] = [*(values[flag.key] or []), text]
    elif flag.kind == SECONDS:
        values[flag.key] = float(text)
    else:
        values[flag.key] = int(text) if flag.kind == NUMBER else text
