import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkgops.platform.flux.semver import latest, parse_range, parse_version

# The rules of Masterminds/semver: range, versions inside, versions outside.
RANGES = [
    (">=0.0.0", ["0.0.0", "v0.1.1795369841", "9.9.9"], ["1.0.0-rc.1"]),
    (">=0.0.0-0", ["1.0.0-rc.1", "1.0.0"], []),
    ("1.2.3", ["1.2.3", "v1.2.3", "1.2.3+build"], ["1.2.4", "1.2.3-rc"]),
    ("=1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
    ("!=1.2.3", ["1.2.4"], ["1.2.3", "1.2.4-rc"]),
    ("!=1.2", ["1.3.0"], ["1.2.3"]),
    (">1.2.3", ["1.2.4"], ["1.2.3"]),
    (">1.2", ["1.3.0"], ["1.2.9"]),
    (">1", ["2.0.0"], ["1.9.9"]),
    (">=1.2", ["1.2.0"], ["1.1.9"]),
    ("<1.2.3", ["1.2.2"], ["1.2.3"]),
    ("<1.2", ["1.1.9"], ["1.2.0"]),
    ("<=1.2.3", ["1.2.3"], ["1.2.4"]),
    ("<=1.2", ["1.2.9"], ["1.3.0"]),
    ("<=1", ["1.9.9"], ["2.0.0"]),
    ("=<1.2.3", ["1.2.3"], ["1.2.4"]),
    ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0", "1.2.2"]),
    ("~>1.2", ["1.2.0", "1.2.9"], ["1.3.0"]),
    ("~1", ["1.0.0", "1.9.0"], ["2.0.0"]),
    ("^1.2.3", ["1.2.3", "1.9.0"], ["2.0.0", "1.2.2"]),
    ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0"]),
    ("^0.0.3", ["0.0.3"], ["0.0.4"]),
    ("^0.0", ["0.0.0", "0.0.9"], ["0.1.0"]),
    ("^0", ["0.9.0"], ["1.0.0"]),
    ("1.x", ["1.0.0", "1.9.9"], ["2.0.0"]),
    ("1.2.*", ["1.2.0"], ["1.3.0"]),
    ("*", ["0.0.0", "9.0.0"], ["1.0.0-rc"]),
    ("1.2 - 1.4.5", ["1.2.0", "1.4.5"], ["1.1.9", "1.4.6"]),
    ("1.2 - 1.4", ["1.4.9"], ["1.5.0"]),
    (">=1.0.0 <2.0.0", ["1.5.0"], ["2.0.0"]),
    (">= 1.0.0, < 2.0.0", ["1.5.0"], ["2.0.0"]),
    ("<1.0.0 || >=2.0.0", ["0.9.0", "2.0.0"], ["1.0.0"]),
    (">=1.0.0-beta.2", ["1.0.0-beta.11", "1.0.0"], ["1.0.0-beta.1", "1.0.0-alpha"]),
]


@pytest.mark.parametrize(("range_text", "inside", "outside"), RANGES, ids=[row[0] for row in RANGES])
def test_ranges(range_text, inside, outside):
    wanted = parse_range(range_text)
    for text, expected in [*((t, True) for t in inside), *((t, False) for t in outside)]:
        assert wanted.allows(parse_version(text)) is expected, text


@pytest.mark.parametrize("text", ["", "latest", ">=", "1.2.3 ||", ">>1.0.0", "1.2.3 x y"])
def test_what_is_no_range_is_refused(text):
    with pytest.raises(ValueError, match="improper constraint"):
        parse_range(text)


@pytest.mark.parametrize(
    "text", ["1", "v1.2", "latest", "1.2.3.4", "01.2.3", "1.2.3-01", "1.2.3-", "", "1.2.3 "]
)
def test_tags_that_do_not_count(text):
    assert parse_version(text) is None


def test_prereleases_come_in_the_order_of_the_specification():
    texts = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
    ]
    versions = [parse_version(text) for text in [*texts, "1.0.0-rc.1", "1.0.0"]]
    assert all(low < high for low, high in itertools.pairwise(versions))


def test_the_highest_is_returned_as_it_is_written():
    assert latest(["v0.1.2", "v0.1.10", "0.1.9", "latest", "v"], ">=0.0.0") == "v0.1.10"
    assert latest(["v0.1.2"], ">=1.0.0") is None


@given(st.tuples(*[st.integers(0, 99)] * 3), st.tuples(*[st.integers(0, 99)] * 3))
def test_order_is_that_of_the_numbers(one, other):
    versions = [parse_version(".".join(map(str, numbers))) for numbers in (one, other)]
    assert (versions[0] < versions[1]) is (one < other)
