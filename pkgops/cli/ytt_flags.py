"""The flags of ``pkgops ytt``: their table, and a parser for them that needs no library.

Rendering takes milliseconds, so that importing a parser of command lines would be most of the time. The
parser here has the ytt program's flags and its error messages; help is left to typer.
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
    return Flag(name=name, kind=TEXTS, help=help, default=None, short=short)


def _text(name: str, help: str) -> Flag:
    return Flag(name=name, kind=TEXT, help=help, default="")


def _switch(name: str, help: str, short: str = "") -> Flag:
    return Flag(name=name, kind=SWITCH, help=help, default=False, short=short)


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
    _texts("allow-symlink-destination", "Where symlinks in directories may point."),
    _switch("dangerous-allow-all-symlink-destinations", "Follow all symlinks."),
    _switch("debug", "Print on standard error which files are read and the code that they compile to."),
    _switch("version", "Print the version of the language."),
    _text("bulk-in", "Files as JSON instead of -f."),
    _switch("bulk-out", "Print results as JSON."),
    Flag(name="max-seconds", kind=SECONDS, help="Stop templates after this time.", default=30.0),
    Flag(name="max-memory", kind=NUMBER, help="Stop templates at this memory, in MiB.", default=512),
    _text("ytt", "Use this ytt program instead."),
)
_BY_NAME = {f"--{flag.name}": flag for flag in FLAGS} | {
    f"-{flag.short}": flag for flag in FLAGS if flag.short
}


COMMANDS = ("template", "fmt", "version")
_FMT = ("file", "strict", "debug", "ytt", "max-seconds", "max-memory")


class Mistake(ValueError):
    """The arguments are wrong; the text is that of the ytt program."""


class _Help(Exception):
    """Help was requested."""


def parse(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return the values of all flags by key, and under ``command`` the subcommand; None for help.

    Raises:
        Mistake: a flag is unknown, lacks its value or has a wrong one, or there is an argument too many.
    """
    command, rest = _command(list(arguments))
    parser = _Parser(command)
    try:
        parser.run(rest)
    except _Help:
        return None
    return parser.values


def _command(arguments: list[str]) -> tuple[str, list[str]]:
    """Split the subcommand off: the first argument that is no flag and no flag's value."""
    takes_next = False
    for index, argument in enumerate(arguments):
        if takes_next:
            takes_next = False
        elif argument == "--":
            break
        elif argument.startswith("-") and argument != "-":
            flag = _BY_NAME.get(argument)
            takes_next = flag is not None and flag.kind != SWITCH
        elif argument in COMMANDS:
            return argument, arguments[:index] + arguments[index + 1 :]
        else:
            break
    return "", arguments


class _Parser:
    """Reads arguments as the ytt program's flag library does."""

    def __init__(self, command: str) -> None:
        self.values: dict[str, Any] = {flag.key: flag.default for flag in FLAGS}
        self.values["command"] = command
        self._path = f"ytt {command}".strip()
        self._known = {name: flag for name, flag in _BY_NAME.items() if _belongs(flag, command)}

    def run(self, arguments: Sequence[str]) -> None:
        rest = iter(arguments)
        extra: list[str] = []
        for argument in rest:
            if argument == "--":
                extra += rest
            elif argument.startswith("--"):
                self._long(argument, rest)
            elif argument.startswith("-") and argument != "-":
                self._short(argument[1:], rest)
            else:
                extra.append(argument)
        if extra and self.values["command"] != "version" and self.values["version"]:
            return
        if extra:
            raise Mistake(f"command '{self._path}' does not accept extra arguments '{extra[0]}'")

    def _long(self, argument: str, rest: Iterator[str]) -> None:
        name, equals, text = argument.partition("=")
        if name[2:3] in ("", "-"):
            raise Mistake(f"bad flag syntax: {argument}")
        flag = self._known.get(name)
        if flag is None:
            if name == "--help":
                raise _Help
            raise Mistake(f"unknown flag: {name}")
        self._take(flag, text if equals else None, rest, argument)

    def _short(self, letters: str, rest: Iterator[str]) -> None:
        while letters:
            flag = self._known.get(f"-{letters[0]}")
            if flag is None:
                if letters[0] == "h":
                    raise _Help
                raise Mistake(f"unknown shorthand flag: '{letters[0]}' in -{letters}")
            if len(letters) > 2 and letters[1] == "=":
                self._take(flag, letters[2:], rest, "")
                return
            if flag.kind == SWITCH:
                self._take(flag, None, rest, "")
                letters = letters[1:]
                continue
            self._take(flag, letters[1:] or None, rest, f"'{letters[0]}' in -{letters}")
            return

    def _take(self, flag: Flag, text: str | None, rest: Iterator[str], shown: str) -> None:
        if text is None and flag.kind == SWITCH:
            self.values[flag.key] = True
            return
        if text is None:
            text = next(rest, None)
        if text is None:
            raise Mistake(f"flag needs an argument: {shown}")
        try:
            self.values[flag.key] = _value(flag, text, self.values[flag.key])
        except ValueError:
            names = f"-{flag.short}, --{flag.name}" if flag.short else f"--{flag.name}"
            what = f'strconv.{_GO_PARSERS[flag.kind]}: parsing "{text}": invalid syntax'
            raise Mistake(f'invalid argument "{text}" for "{names}" flag: {what}') from None


_GO_PARSERS = {SWITCH: "ParseBool", SECONDS: "ParseFloat", NUMBER: "ParseInt"}


def _belongs(flag: Flag, command: str) -> bool:
    if command == "version":
        return False
    if command == "fmt":
        return flag.name in _FMT
    return flag.name != "version" or not command


def _value(flag: Flag, text: str, before: Any) -> Any:
    if flag.kind == TEXTS:
        return [*(before or []), text]
    if flag.kind == SWITCH:
        if text not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text]
    if flag.kind == SECONDS:
        return float(text)
    return int(text) if flag.kind == NUMBER else text
