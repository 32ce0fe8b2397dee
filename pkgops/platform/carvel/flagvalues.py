"""Values of kapp's flags, parsed as by Go's ``strconv``, ``time`` and ``pflag``. Pure."""

from __future__ import annotations

import json
import re

from pkgops.platform.carvel.filterflags import FlagValueError
from pkgops.platform.durations import parse_duration

FORM = re.compile(r"(--[a-z]+(?:-[a-z]+)*)=(.+)")
"""The form of a flag that kapp-controller accepts."""

SHORT = {"--diff-changes": "-c", "--patch": "-p"}
"""Shorthands of flags, which messages put first."""

_BOOLS = {"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"}
_SWITCHES = (
    *(
        "--apply-ignored",
        "--dangerous-allow-empty-list-of-resources",
        "--debug",
        "--diff-against-last-applied",
    ),
    *("--dangerous-ignore-failing-api-services", "--dangerous-override-ownership-of-existing-resources"),
    *("--dangerous-scope-to-fallback-allowed-namespaces", "--diff-anchored", "--diff-changes"),
    *("--diff-line-numbers", "--diff-mask", "--diff-run", "--diff-summary", "--exit-early-on-apply-error"),
    *("--exit-early-on-wait-error", "--existing-non-labeled-resources-check", "--json", "--logs"),
    *("--logs-all", "--patch", "--tty", "--wait", "--wait-ignored"),
)
_NUMBERS = (
    *("--app-changes-max-to-keep", "--apply-concurrency", "--diff-context", "--kube-api-burst"),
    *("--existing-non-labeled-resources-check-concurrency", "--wait-concurrency"),
)
_DURATIONS = (
    *("--apply-check-interval", "--apply-timeout", "--wait-check-interval", "--wait-resource-timeout"),
    "--wait-timeout",
)
_NUMBER = re.compile(r"[+-]?(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def check(name: str, value: str) -> None:
    """Check a flag's value as kapp does.

    Raises:
        FlagValueError: kapp rejects it; the text is kapp's message.
    """
    problem = _problem(name, value)
    if problem:
        shown = f"{SHORT[name]}, {name}" if name in SHORT else name
        raise FlagValueError(f'invalid argument {_quoted(value)} for "{shown}" flag: {problem}')


def mapping(text: str) -> tuple[str, str]:
    """Return the source and the target namespace of a ``--map-ns``.

    Raises:
        FlagValueError: it has one namespace only; the text is kapp's message.
    """
    source, equals, target = text.partition("=")
    if not equals:
        raise FlagValueError(f"Expected map namespace '{text}' to be in 'src-ns=dst-ns' format")
    return source, target


def number(value: str) -> int:
    """Return a number as Go parses it: one with a leading zero is octal."""
    sign, digits = (-1, value[1:]) if value[:1] == "-" else (1, value.removeprefix("+"))
    return sign * (int(digits, 8) if digits.isdigit() and digits[0] == "0" else int(digits, 0))


def _problem(name: str, value: str) -> str:
    if name in _SWITCHES and value not in _BOOLS:
        return f"strconv.ParseBool: parsing {_quoted(value)}: invalid syntax"
    if name in _NUMBERS and not _NUMBER.fullmatch(value):
        return f"strconv.ParseInt: parsing {_quoted(value)}: invalid syntax"
    if name == "--kube-api-qps" and not _FLOAT.fullmatch(value):
        return f"strconv.ParseFloat: parsing {_quoted(value)}: invalid syntax"
    return _duration_problem(value) if name in _DURATIONS else ""


def _duration_problem(text: str) -> str:
    try:
        parse_duration(text)
    except ValueError as error:
        return str(error)
    return ""


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
