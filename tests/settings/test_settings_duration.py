"""Durations."""

from __future__ import annotations

import pytest

from pkgops.errors import UsageError
from pkgops.settings import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("500ms", 0.5), ("45", 45), ("1.5m", 90)],
)
def test_durations(text, seconds):
    assert parse_duration(text, "--timeout") == seconds


@pytest.mark.parametrize("text", ["", "x", "3x", "m", "-1s", "0s", "1m 30s x"])
def test_what_is_no_duration(text):
    with pytest.raises(UsageError, match="--timeout") as caught:
        parse_duration(text, "--timeout")
    assert caught.value.slug == "bad-duration"
