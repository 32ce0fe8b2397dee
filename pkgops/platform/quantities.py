"""Kubernetes quantities (``10m``, ``2Gi``, ``1e3``): their values, and the API server's errors."""

from __future__ import annotations

import re
from decimal import Decimal

FORM = r"([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)"
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")


class BadQuantity(ValueError):
    """A text is not a quantity; the text is the API server's message."""


def quantity(value: object) -> Decimal:
    """Return the value of a quantity, which may be a string or a number.

    Raises:
        BadQuantity: it is not a quantity.
    """
    match = re.fullmatch(FORM, str(value))
    if match is None:
        raise BadQuantity(f"quantities must match the regular expression '^{FORM}$'")
    number, suffix = match.groups()
    if not _NUMBER.fullmatch(number):
        raise BadQuantity("unable to parse numeric part of quantity")
    if suffix in _BINARY:
        return Decimal(number) * (1 << _BINARY[suffix])
    exponent = _EXPONENT.fullmatch(suffix)
    if exponent is None and suffix not in _DECIMAL:
        raise BadQuantity("unable to parse quantity's suffix")
    return Decimal(number).scaleb(int(exponent[1]) if exponent else _DECIMAL[suffix])
