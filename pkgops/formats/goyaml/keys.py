"""The order in which go-yaml writes the keys of a map (``keyList.Less``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cmp_to_key, partial
from typing import Any

from pkgops.formats.goyaml.dialect import Dialect

_DIGITS = re.compile(r"[0-9]*")


def ordered(value: Any, dialect: Dialect) -> Any:
    """Return a value with the keys of all its maps in the order in which they are written.

    v2's comparison is not transitive for some keys (``a2``, ``a10``, ``a1b``): with such keys, Go's
    order depends on its sorting algorithm, and this one may differ.
    """
    if isinstance(value, Mapping):
        keys = sorted(value, key=cmp_to_key(partial(_compare, dialect=dialect)))
        return {key: ordered(value[key], dialect) for key in keys}
    return [ordered(item, dialect) for item in value] if isinstance(value, list) else value


def _compare(left: str, right: str, *, dialect: Dialect) -> int:
    """Compare two keys: letters sort after other characters, numbers by value (``a2`` before ``a10``)."""
    after_digits = False
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if one == other:
            after_digits = one.isdecimal() and dialect.letters_after_digits
            continue
        if one.isalpha() and other.isalpha():
            return -1 if one < other else 1
        if one.isalpha() or other.isalpha():
            return -1 if (one if after_digits else other).isalpha() else 1
        return -1 if _number(left, right, at) < _number(right, left, at) else 1
    return len(left) - len(right)


def _number(text: str, against: str, at: int) -> tuple[int, int, str]:
    """Return the number that begins at ``at``, for the comparison with another key's: value, digits, sign."""
    found = _DIGITS.match(text, at)
    digits = found[0] if found else ""
    # A difference inside of a number, such as 10 and 11, must not drop the digits before it.
    inside = "0" in (text[at], against[at]) and _counts_before(text, at)
    return int(("1" if inside else "") + (digits or ("" if inside else "0"))), len(digits), text[at]


def _counts_before(text: str, at: int) -> bool:
    """Return whether the number that ends before ``at`` contains a digit other than 0."""
    before = re.search(r"[0-9]*$", text[:at])
    return bool(before and before[0].strip("0"))
