"""Output texts as yaml.v3 prints them; the digests were recorded on, or published for, the real one."""

import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pkgops import yamlio
from pkgops.platform.carto import goyaml

RECORDED = json.loads((Path(__file__).parents[1] / "data" / "carto" / "outputs.json").read_text())


@pytest.mark.parametrize("output", RECORDED, ids=lambda output: output["digest"][7:15])
def test_recorded_outputs_have_the_recorded_digest(output: dict[str, str]) -> None:
    text = goyaml.dump(yamlio.parse(output["preview"], "preview"))
    assert text == output["preview"]
    assert f"sha256:{hashlib.sha256(text.encode()).hexdigest()}" == output["digest"]


@pytest.mark.parametrize(
    ("value", "digest"),
    [
        ("knitting", "ccea367d03c124f9594e3ba0aa97e533c35a47694f62757e4dce79039ca361d7"),
        ("5", "11fd182657d58787e0e5b61c5da79195f8715fef7f957b9cdba2d8a581b2ca33"),
    ],
)
def test_reference_digests(value: str, digest: str) -> None:
    assert hashlib.sha256(goyaml.dump(value).encode()).hexdigest() == digest


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5\n"),
        (1400000, "1.4e+06\n"),
        (0.5, "0.5\n"),
        (True, "true\n"),
        (None, "null\n"),
        ({}, "{}\n"),
        ([], "[]\n"),
        ("", '""\n'),
        ("yes", '"yes"\n'),
        ("1_000", '"1_000"\n'),
        ("0x1F", '"0x1F"\n'),
        ("12:30", '"12:30"\n'),
        ("2022-01-31", '"2022-01-31"\n'),
        ("a: b", "'a: b'\n"),
        ("it's # not", "'it''s # not'\n"),
        ("-", "'-'\n"),
        ("a\tb", '"a\\tb"\n'),
        ("trailing ", "'trailing '\n"),
        ("two\nlines", "|-\n    two\n    lines\n"),
        ("two\nlines\n", "|\n    two\n    lines\n"),
        ({"b": {"c": ["x", {"y": 1, "z": [2]}]}, "a": "l1\nl2"}, ""),
        (["l1\nl2"], "- |-\n  l1\n  l2\n"),
    ],
)
def test_forms(value: object, text: str) -> None:
    nested = (
        'a: |-\n    l1\n    l2\nb:\n    c:\n        - x\n        - "y": 1\n          z:\n            - 2\n'
    )
    assert goyaml.dump(value) == (text or nested)


def test_keys_are_ordered_with_numbers_by_value() -> None:
    assert list(_keys({"item10": 1, "item9": 1, "b": 1, "B": 1, "a-b": 1, "a1": 1})) == [
        "B",
        "a-b",
        "a1",
        "b",
        "item9",
        "item10",
    ]


def _keys(value: dict[str, int]) -> list[str]:
    return [line.partition(":")[0] for line in goyaml.dump(value).splitlines()]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\x85\u2028\u2029"), max_size=30)
values = st.recursive(
    st.none() | st.booleans() | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz-", min_size=1), inner, max_size=4)
    ),
)


@settings(deadline=None)
@given(values)
def test_what_is_printed_reads_back(value: object) -> None:
    assert yamlio.parse(goyaml.dump(value), "printed") == value
