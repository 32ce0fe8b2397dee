"""Regular expressions as Go parses them: RE2, the messages of its errors, and ``Regexp.Expand``."""

from __future__ import annotations

import functools
import re
from typing import Any

import re2  # type: ignore[import-untyped]

_GO_WORDS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "bad repetition operator": "invalid nested repetition operator",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "trailing \\": "trailing backslash at end of expression",
    "invalid named capture group": "invalid named capture",
}
_QUOTED = re.compile(r"\\Q.*?(?:\\E|$)", re.DOTALL)
_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
_NAMED = re.compile(r"\(\?P?<([^<>=!]*)>")
_REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)\}|(\w+))")


@functools.lru_cache(64)
def compiled(pattern: str) -> Any:
    """Return a pattern, ready for ``search``.

    Raises:
        ValueError: it is invalid; with Go's message.
    """
    _reject_re2_syntax(pattern)
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        cause = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        what, _, where = cause.partition(": ")
        if where.startswith("(?<"):  # Go reports a lookbehind as a badly named group.
            rest = pattern[pattern.index(where) :]
            raise _error("invalid named capture", rest[: rest.find(">") + 1] or rest) from None
        raise _error(_GO_WORDS.get(what, what), where) from None


def _reject_re2_syntax(pattern: str) -> None:
    literal_free = _QUOTED.sub("", pattern)
    if _ANY_BYTE.search(literal_free):
        raise _error("invalid escape sequence", r"\C")
    for group in _NAMED.finditer(literal_free):
        if not group[1].isascii():
            raise _error("invalid named capture", group[0])


def _error(what: str, where: str) -> ValueError:
    return ValueError(f"error parsing regexp: {what}: `{where}`")


def expand(template: str, match: Any) -> str:
    """Return a template with ``$1``, ``$name``, ``${name}`` and ``$$`` replaced; a missing group is empty.

    A name without braces extends over all letters, digits and underscores that follow.
    """

    def fill(reference: re.Match[str]) -> str:
        if reference[1]:
            return "$"
        name = reference[2] or reference[3]
        numbered = name.isascii() and name.isdigit() and (name == "0" or not name.startswith("0"))
        group: int | str | None = int(name) if numbered else match.re.groupindex.get(name)
        if group is None or (isinstance(group, int) and group > match.re.groups):
            return ""
        return match.group(group) or ""

    return _REFERENCE.sub(fill, template)
