import re

import pytest

from pkgops.platform.carvel.semver import parse, parse_range, parse_relaxed


def fits(constraints: str, version: str) -> bool:
    return parse_range(constraints)(parse(version))


@pytest.mark.parametrize(
    ("constraints", "inside", "outside"),
    [
        (">0.0.0", ["0.0.1", "0.1.1795369841"], ["0.0.0"]),
        ("1.2.3", ["1.2.3"], ["1.2.4"]),
        ("=1.2.3", ["1.2.3"], ["1.2.2"]),
        (">=1.0.0 <2.0.0", ["1.0.0", "1.9.9"], ["2.0.0", "0.9.9"]),
        (">= 1.0.0 < 2.0.0 || 3.0.0", ["1.5.0", "3.0.0"], ["2.0.0", "3.0.1"]),
        ("!=1.0.0", ["1.0.1"], ["1.0.0"]),
        ("1.x", ["1.0.0", "1.9.0"], ["2.0.0", "0.9.0"]),
        ("1.2.x", ["1.2.9"], ["1.3.0"]),
        (">1.x", ["2.0.0"], ["1.9.9"]),
        ("<=1.x", ["1.9.9", "0.1.0"], ["2.0.0"]),
        # What the library makes of these surprises.
        ("~1.x", ["1.0.0"], ["1.0.1"]),
        ("! 1.0.0", ["1.0.0"], ["1.0.1"]),
        ("1.2.3 4", ["1.2.3"], ["4.0.0"]),
        ("!=1.x", [], ["0.9.0", "1.0.0", "2.0.0"]),
        ("1.0.0+5", ["1.0.0+5"], ["1.0.0", "1.0.0+10"]),
        ("<1.0.0+10", ["1.0.0+5"], ["1.0.0+a"]),
        (">1.0.0-rc.1", ["1.0.0-rc.2", "1.0.0"], ["1.0.0-rc.1", "1.0.0-alpha"]),
    ],
)
def test_ranges(constraints: str, inside: list[str], outside: list[str]) -> None:
    assert all(fits(constraints, version) for version in inside)
    assert not any(fits(constraints, version) for version in outside)


def test_order_of_the_specification() -> None:
    texts = [
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
    ]
    assert sorted([*reversed(texts)], key=lambda text: parse(text).order) == texts


@pytest.mark.parametrize("text", ["", "1.2", "v1.2.3", "01.2.3", "a.b.c"])
def test_strict_versions(text: str) -> None:
    with pytest.raises(ValueError, match=r"empty|elements|Invalid|leading"):
        parse(text)


def test_relaxed_versions_may_have_a_v() -> None:
    assert parse_relaxed("v1.2.3") is not None
    assert parse_relaxed("latest") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Last element in range is '||'"),
        ("x", "Last element in range is '||'"),
        ("*", "Last element in range is '||'"),
        ("1.0.0 ||", "Last element in range is '||'"),
        ("|| 1.0.0", "First element in range is '||'"),
        (">=", 'Could not get version from string: ">="'),
        ("latest", 'Could not get version from string: "latest"'),
        (
            "1.x.x.x",
            'Could not parse Range ">=1.0.x": Could not parse version "1.0.x" in ">=1.0.x": '
            'Invalid character(s) found in patch number "x"',
        ),
        (
            "1.2.*",
            'Could not parse Range "1.2.*": Could not parse version "1.2.*" in "1.2.*": '
            'Invalid character(s) found in patch number "*"',
        ),
        (
            ">1.2",
            'Could not parse Range ">1.2": Could not parse version "1.2" in ">1.2": '
            "No Major.Minor.Patch elements found",
        ),
        ("~1.2.3", 'Could not parse Range "~1.2.3": Could not parse comparator "~" in "~1.2.3"'),
        (
            "01.2.3",
            'Could not parse Range "01.2.3": Could not parse version "01.2.3" in "01.2.3": '
            'Major number must not contain leading zeroes "01"',
        ),
        (
            "1.0.0-",
            'Could not parse Range "1.0.0-": Could not parse version "1.0.0-" in "1.0.0-": '
            "PreRelease is empty",
        ),
    ],
)
def test_what_is_no_range_is_told_in_the_words_of_the_library(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        parse_range(text)
