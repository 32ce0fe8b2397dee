"""How the commits between two versions are shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops.model.commits import Commit, Commits
from pkgops.view import commits

OLD, NEW = "a" * 40, "b" * 40


def commit(number=0, subject="Greet friends"):
    when = datetime(2026, 1, 2, tzinfo=UTC)
    return Commit(sha=f"{number:040d}", subject=subject, author="Ada", when=when)


def shown(version="0.1.1", **fields):
    return commits.report(version, Commits(**{"before": OLD, "after": NEW, **fields})).splitlines()


def test_what_is_added_and_what_is_taken_back():
    assert shown(added=[commit(1), commit(2)], removed=[commit(3)]) == [
        "commit aaaaaaaa -> bbbbbbbb",
        "  2 commits added:",
        "    00000000 2026-01-02 Ada: Greet friends",
        "    00000000 2026-01-02 Ada: Greet friends",
        "  1 commit taken back:",
        "    00000000 2026-01-02 Ada: Greet friends",
    ]


def test_a_long_history_is_cut_and_says_so():
    lines = shown(added=[commit(number) for number in range(30)], complete=False)
    assert lines[1] == "  at least 30 commits added:"
    assert (len(lines), lines[-1]) == (23, "    and 10 more")


def test_a_message_moves_no_cursor():
    (line,) = shown(added=[commit(subject="\x1b[2Jx\ry")])[2:]
    assert line == "    00000000 2026-01-02 Ada: xy"


def test_why_they_are_not_known():
    assert shown(unknown="no answer") == [
        "commit aaaaaaaa -> bbbbbbbb; the commits between are not known: no answer"
    ]


@pytest.mark.parametrize(
    ("version", "ends", "told"),
    [
        ("0.1.1", {"before": "", "after": ""}, []),
        ("", {"before": ""}, ["commit bbbbbbbb"]),
        ("0.1.1", {"before": NEW}, ["commit bbbbbbbb"]),
        ("0.1.1", {"before": ""}, ["commit unknown -> bbbbbbbb"]),
        ("0.1.1", {"after": ""}, ["commit aaaaaaaa -> unknown"]),
    ],
)
def test_ends_that_are_not_known(version, ends, told):
    assert shown(version, **ends) == told


def test_what_is_unknown_is_not_complete():
    assert commits.fields(Commits(before=OLD, after=NEW, unknown="no answer"))["complete"] is False
