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
        ("x", ["0.0.0", "9.9.9"], []),
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
    with pytest.raises(ValueError, match=r"empty|elements|Invalid"):
        parse(text)


def test_relaxed_versions_may_have_a_v() -> None:
    assert parse_relaxed("v1.2.3") is not None
    assert parse_relaxed("latest") is None


@pytest.mark.parametrize("text", ["", "||", ">=", "abc", ">1.2"])
def test_bad_ranges(text: str) -> None:
    with pytest.raises(ValueError, match="Could not"):
        parse_range(text)
