"""Durations in the format of Go: ``90s``, ``10m``, ``1h30m``."""

from __future__ import annotations

import re

from pkgops.errors import UsageError

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def parse_duration(text: str, source: str) -> float:
    """Return seconds.

    Args:
        text: one or more numbers with a unit; a bare number means seconds.
        source: the name of the value in the error, for example ``--timeout``.

    Raises:
        UsageError: not a duration, or not above zero.
    """
    stripped = text.strip()
    if re.fullmatch(r"\d+(\.\d+)?", stripped):
        stripped += "s"
    if not re.fullmatch(f"({_PART.pattern})+", stripped):
        raise _bad(text, source)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(stripped))
    if seconds <= 0:
        raise _bad(text, source)
    return seconds


def _bad(text: str, source: str) -> UsageError:
    return UsageError(
        f"{source}: {text!r} is not a duration",
        next="write a number with a unit, for example 90s, 10m or 1h30m",
        slug="bad-duration",
    )
