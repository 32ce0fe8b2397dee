"""Short forms: what a person sees of long values, and that nothing steers the terminal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgops.model.revision import short_commit
from pkgops.view import text

HEX = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("elapsed", "shown"),
    [
        (None, ""),
        (timedelta(), "0s"),
        (0.9, "0s"),
        (59.99, "59s"),
        (60, "1m00s"),
        (timedelta(seconds=61), "1m01s"),
        (timedelta(seconds=3599), "59m59s"),
        (timedelta(hours=1), "1h00m"),
        (timedelta(hours=1, seconds=59), "1h00m"),
        (timedelta(hours=26, minutes=5), "26h05m"),
    ],
)
def test_a_duration_has_two_units_at_most(elapsed, shown):
    assert text.duration(elapsed) == shown


@pytest.mark.parametrize(
    ("revision", "shown"),
    [
        (f"main@sha1:{HEX}", "01234567"),
        (HEX, "01234567"),
        (f"refs/tags/v1@sha1:{HEX}", "01234567"),
        ("main", "main"),
        ("", ""),
        (HEX[:39], HEX[:39]),
    ],
)
def test_a_commit_is_short_and_what_is_none_stays_as_it_is(revision, shown):
    assert short_commit(revision) == shown


@pytest.mark.parametrize(
    ("image", "shown"),
    [
        ("r.example.com:5000/demo/app@sha256:" + "ab" * 32, "sha256:abababababab"),
        ("r.example.com:5000/demo/app:1.2@sha256:" + "cd" * 32, "sha256:cdcdcdcdcdcd"),
        ("sha256:" + "ab" * 32, ""),
        ("r.example.com:5000/demo/app:1.2", ""),
        ("", ""),
    ],
)
def test_a_digest_is_short_and_a_tag_is_no_digest(image, shown):
    assert text.digest(image) == shown


@pytest.mark.parametrize(
    ("width", "shown", "end"),
    [
        (9, "one two", "one   two"),
        (8, "one two", "one   t…"),
        (7, "one two", "one   …"),
        (4, "one…", "one…"),
        (1, "…", "…"),
        (0, "", ""),
        (-1, "", ""),
    ],
)
def test_what_is_cut_says_so_and_keeps_its_width(width, shown, end):
    assert text.shorten("one\n  two", width) == shown
    assert text.shorten_end("one   two", width) == end


def test_padding_fills_and_cuts_to_the_same_width():
    assert [text.pad(word, 4) for word in ("", "abc", "abcd", "abcde")] == ["    ", "abc ", "abcd", "abc…"]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b[?25lhidden", "hidden"),
        ("\x1b[>4;2mkeys", "keys"),
        ("\x1b[3 qcursor", "cursor"),
        ("\x9b31meight bits", "31meight bits"),
        ("\x1b]0;title\x07", "]0;title"),
        ("over\rwritten\b\b", "overwritten"),
        ("one\ntwo", "onetwo"),
        ("a\tb", "a   b"),
        ("grün ✓ 漢", "grün ✓ 漢"),
    ],
)
def test_what_steers_a_terminal_is_not_shown(line, shown):
    assert text.visible(line) == shown


@given(st.text())
def test_no_control_character_is_left_of_any_text(line):
    assert not [char for char in text.visible(line) if ord(char) < 32 or 127 <= ord(char) < 160]


def test_lines_stay_lines():
    assert text.visible_lines("\x1b[31mone\x1b[0m\n\n\ttwo\r\nthree") == "one\n\n    two\nthree"


def test_a_table_has_a_line_a_row_whatever_its_cells_hold():
    rows = [("a", "one\ntwo"), ("longer", "\x1b[31mred\x1b[0m"), ("", "nameless")]
    assert text.columns(("name", "what it says"), rows).splitlines() == [
        "NAME     WHAT IT SAYS",
        "a        one two",
        "longer   red",
        "         nameless",
    ]


def test_a_row_with_another_number_of_cells_is_a_mistake():
    with pytest.raises(ValueError, match="zip"):
        text.columns(("one", "two"), [("a", "b", "c")])
