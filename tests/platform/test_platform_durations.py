import pytest

from pkgops.platform.durations import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h30m", 5400),
        ("3m0s", 180),
        ("250ms", 0.25),
        ("0", 0),
        ("0s", 0),
        ("1.5h", 5400),
        ("-2s", -2),
        ("2us", 2e-6),
    ],
)
def test_parse(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "1d", "1h x", "h", "1 h"])
def test_not_a_duration(text):
    with pytest.raises(ValueError, match="invalid duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3600, "1h0m0s"),
        (600, "10m0s"),
        (180, "3m0s"),
        (5, "5s"),
        (0, "0s"),
        (1.5, "1.5s"),
        (0.25, "250ms"),
        (90061, "25h1m1s"),
    ],
)
def test_format(seconds, text):
    assert format_duration(seconds) == text
