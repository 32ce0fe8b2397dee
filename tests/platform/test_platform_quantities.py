"""Quantities as the API server reads them."""

from decimal import Decimal

import pytest

from pkgops.platform.quantities import BadQuantity, quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10m", "0.01"),
        ("2G", "2000000000"),
        ("2Gi", "2147483648"),
        ("1.5Ki", "1536"),
        ("1e3", "1000"),
        ("1E-2", "0.01"),
        ("1E", "1000000000000000000"),
        ("-5", "-5"),
        (".5", "0.5"),
        (3, "3"),
    ],
)
def test_value(text: object, value: str) -> None:
    assert quantity(text) == Decimal(value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "lots",
            r"quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
        ("", "quantities must match the regular expression"),
        ("5x", "quantities must match the regular expression"),
        ("5mm", "unable to parse quantity's suffix"),
        ("1.2.3", "unable to parse numeric part of quantity"),
    ],
)
def test_what_is_none(text: str, words: str) -> None:
    with pytest.raises(BadQuantity) as caught:
        quantity(text)
    assert str(caught.value).startswith(words)
