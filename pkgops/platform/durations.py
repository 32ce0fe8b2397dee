"""Parse and format Go's durations (``1h30m``, ``250ms``), in seconds."""

from __future__ import annotations

import json
import re

_UNITS = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "ns": 1e-9,
    # The two Unicode letters for micro.
    "us": 1e-6,
    "\u00b5s": 1e-6,
    "\u03bcs": 1e-6,
}
_PART = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?P<unit>[^0-9.]*)")


def parse_duration(text: str) -> float:
    """Return the seconds of a Go duration; ``0`` needs no unit.

    Raises:
        ValueError: it is not one; the text is the message of ``time.ParseDuration``.
    """
    sign, rest = (-1.0 if text[:1] == "-" else 1.0), text[1:] if text[:1] in ("+", "-") else text
    if rest == "0":
        return 0.0
    quoted = json.dumps(text, ensure_ascii=False)
    seconds, at = 0.0, 0
    while at < len(rest):
        part = _PART.match(rest, at)
        if part is None:
            raise ValueError(f"time: invalid duration {quoted}")
        if not part["unit"]:
            raise ValueError(f"time: missing unit in duration {quoted}")
        if part["unit"] not in _UNITS:
            unit = json.dumps(part["unit"], ensure_ascii=False)
            raise ValueError(f"time: unknown unit {unit} in duration {quoted}")
        seconds += float(part["number"]) * _UNITS[part["unit"]]
        at = part.end()
    if not rest:
        raise ValueError(f"time: invalid duration {quoted}")
    return sign * seconds


def format_duration(seconds: float) -> str:
    """Return a duration as Go's ``Duration.String`` formats it: ``1h0m0s``, ``10m0s``, ``1.5s``, ``0s``."""
    if 0 < seconds < 1:
        return f"{_number(seconds * 1000)}ms"
    hours, rest = divmod(seconds, 3600)
    minutes, rest = divmod(rest, 60)
    text = f"{_number(rest)}s"
    if hours or minutes:
        text = f"{int(minutes)}m{text}"
    return f"{int(hours)}h{text}" if hours else text


def _number(value: float) -> str:
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")
