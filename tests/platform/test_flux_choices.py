"""Flux chooses as Go's regexp, strconv and Masterminds/semver 3.5 do."""

import json
from pathlib import Path

import pytest

from pkgops.formats.gonumbers import parse_float
from pkgops.formats.goregexp import compiled, expand
from pkgops.platform.flux.policy import InvalidPolicy, NoChoice, choose
from pkgops.platform.flux.refs import select
from pkgops.platform.flux.semver import parse_range, parse_version
from pkgops.platform.gitcheckout import RefError

RECORDED = json.loads((Path(__file__).parent.parent / "data/flux_choices.json").read_text("utf-8"))
NONE = "unable to determine latest version from provided list"


@pytest.mark.parametrize(
    "choice", RECORDED["choices"], ids=[" ".join(row[:3]) for row in RECORDED["choices"]]
)
def test_recorded_choices(choice):
    kind, argument, pattern, extract, tags, answer = choice
    policy = {kind: {"range" if kind == "semver" else "order": argument}}
    filter_tags = {"pattern": pattern, "extract": extract} if pattern else None
    if not answer.startswith("ERR"):
        assert choose(RECORDED["tags"][tags], policy, filter_tags) == answer
        return
    with pytest.raises((InvalidPolicy, NoChoice)) as refused:
        choose(RECORDED["tags"][tags], policy, filter_tags)
    told = answer.removeprefix("ERR ").removeprefix("invalid pattern: ")
    assert str(refused.value).endswith(NONE if told == "none" else told)
    assert isinstance(refused.value, InvalidPolicy) is ("regexp" in told or "improper" in told)


# Which of these versions are in a range, by the library.
VERSIONS = [
    "0.0.1", "0.2.0", "1.0.0-rc.1", "1.0.0", "1.2.3-beta.2", "1.2.3", "1.2.4", "1.3.0-rc.1", "1.3.0",
    "2.0.0-rc.1", "2.0.0",
]  # fmt: skip
WITHIN = [
    ("^1.2.3-beta.2", "1.2.3-beta.2 1.2.3 1.2.4 1.3.0-rc.1 1.3.0"),
    ("~1.2.3-beta.2", "1.2.3-beta.2 1.2.3 1.2.4"),
    (">=1.0.0-0 <2.0.0", "1.0.0-rc.1 1.0.0 1.2.3-beta.2 1.2.3 1.2.4 1.3.0-rc.1 1.3.0 2.0.0-rc.1"),
    (">=1.0.0-0 || <1.0.0", "0.0.1 0.2.0 1.0.0-rc.1 1.0.0 1.2.3-beta.2 1.2.3 1.2.4 1.3.0-rc.1 1.3.0 "
     "2.0.0-rc.1 2.0.0"),
    ("=>01.2", "1.2.3 1.2.4 1.3.0 2.0.0"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "within"), WITHIN)
def test_a_group_that_names_a_prerelease_holds_prereleases(text, within):
    wanted = parse_range(text)
    assert [one for one in VERSIONS if wanted.allows(parse_version(one))] == within.split()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1_000", 1000.0),
        ("0x1p-2", 0.25),
        ("0x_1.8p1", 3.0),
        ("+Inf", float("inf")),
        (".5", 0.5),
        ("1e-400", 0),
    ],
)
def test_numbers_as_go_reads_them(text, number):
    assert parse_float(text) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "1__0", "_1", "1_.0", "0x1", "1e400", "0x1p99999", "+nan", "infin", "٣"]
)
def test_what_go_reads_as_no_number(text):
    with pytest.raises(ValueError, match=r"invalid syntax|out of range"):
        parse_float(text)


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
        ("(?<=b)(a)", "invalid named capture: `(?<=b)(a)`"),
        (r"\C", r"invalid escape sequence: `\C`"),
        ("(?P<é>a)", "invalid named capture: `(?P<é>`"),
        ("a**", "invalid nested repetition operator: `**`"),
        ("a{1001}", "invalid repeat count: `{1001}`"),
    ],
)
def test_patterns_that_go_refuses(pattern, error):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - compared whole
        compiled(pattern)
    assert str(refused.value) == f"error parsing regexp: {error}"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$1_$2", "b"),
        ("${1}_$2", "a_b"),
        ("$$1", "$1"),
        ("$n", "b"),
        ("$01$9$nobody", ""),
        ("${1", "${1"),
        ("$", "$"),
    ],
)
def test_templates_are_filled_as_go_does(template, expected):
    assert expand(template, compiled("(a)(?P<n>b)").search("xab")) == expected


def test_a_git_repository_chooses_by_the_same_rules():
    refs = {f"refs/tags/{tag}": f"{number:040x}" for number, tag in enumerate(VERSIONS, 1)}
    found = select(refs, {"semver": "^1.2.3-beta.2"})
    assert "1.3.0" in str(found)
    with pytest.raises(RefError, match=r'semver parse error: improper constraint: "1\.2\.3\.4"'):
        select(refs, {"semver": "1.2.3.4"})
