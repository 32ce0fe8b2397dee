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
        ("2µs", 2e-6),
        ("+1.m", 60),
        (".5s", 0.5),
    ],
)
def test_parse(text, seconds):
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'invalid duration ""'),
        ("-", 'invalid duration "-"'),
        ("soon", 'invalid duration "soon"'),
        (" 5m", 'invalid duration " 5m"'),
        ("--5m", 'invalid duration "--5m"'),
        ("h", 'invalid duration "h"'),
        (".s", 'invalid duration ".s"'),
        ("5", 'missing unit in duration "5"'),
        ("5m30", 'missing unit in duration "5m30"'),
        ("1d", 'unknown unit "d" in duration "1d"'),
        ("1 h", 'unknown unit " h" in duration "1 h"'),
        ("1h x", 'unknown unit "h x" in duration "1h x"'),
    ],
)
def test_not_a_duration(text, said):
    with pytest.raises(ValueError) as found:  # noqa: PT011
        parse_duration(text)
    assert str(found.value) == f"time: {said}"


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
